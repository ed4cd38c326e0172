// The clients that come from npm, each in a folder of its own as its users would have it, below one folder that one
// `npm install` fills and that is kept for the next time. Never in the project's own node_modules.
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { LauncherError } from '../../launcher/launcher-error.ts'

const FOLDER = path.join(import.meta.dirname, '..', '..', '.data', 'compat', 'npm')
const STAMP = path.join(FOLDER, '.installed.json')

/** @param wanted name of each folder → its dependencies, with exact versions */
export async function installFromNpm(wanted: Record<string, Record<string, string>>): Promise<void> {
  const stamp = JSON.stringify(wanted)
  if (fs.existsSync(STAMP) && fs.readFileSync(STAMP, 'utf8') === stamp) return
  fs.rmSync(FOLDER, { recursive: true, force: true })
  writeManifest(FOLDER, { name: 'compat', workspaces: Object.keys(wanted) })
  for (const [name, dependencies] of Object.entries(wanted))
    writeManifest(npmFolder(name), { name, version: '0.0.0', dependencies })
  try {
    // No client needs its install scripts, and sentry-cli's would download a binary that npm brings anyway.
    const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
    await promisify(execFile)('npm', ['install', ...options, '--prefix', FOLDER], { cwd: FOLDER })
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new LauncherError(`npm could not install the clients:\n${stderr?.trim() || message}`)
  }
  fs.writeFileSync(STAMP, stamp)
}

export const npmFolder = (name: string): string => path.join(FOLDER, name)

/** Where a package's own command is: beside the client, or hoisted above it. */
export function npmCommand(name: string, command: string): string {
  const candidates = [npmFolder(name), FOLDER].map((folder) =>
    path.join(folder, 'node_modules', '.bin', command),
  )
  const found = candidates.find((file) => fs.existsSync(file))
  if (!found) throw new Error(`${name} has no command ${command}.`)
  return found
}

function writeManifest(folder: string, manifest: object): void {
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }, null, 2))
}
