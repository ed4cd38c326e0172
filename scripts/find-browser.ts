// The browser of the end-to-end tests: the system's own Chromium. As root on Debian and its kin a missing one is
// installed; elsewhere it is said what to do. Run directly it prints the path.
import fs from 'node:fs'
import path from 'node:path'
import { installPackages, mayInstallPackages } from './debian-packages.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const MAC = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

export function findBrowser(): string | null {
  const chosen = process.env.CHROMIUM_PATH
  if (chosen) return fs.existsSync(chosen) ? chosen : null
  const directories = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin', '/snap/bin']
  const candidates = [
    ...NAMES.flatMap((name) => directories.map((directory) => path.join(directory, name))),
    ...MAC,
  ]
  return candidates.find((file) => fs.existsSync(file)) ?? null
}

/** Answers the browser's path, or why there is none and what to do. */
export function ensureBrowser(say: (line: string) => void): { path: string } | { problem: string } {
  const present = findBrowser()
  if (present) return { path: present }
  const advice =
    'Install Chromium or Chrome (Debian: sudo apt-get install chromium), or set CHROMIUM_PATH to one.'
  if (process.env.CHROMIUM_PATH)
    return { problem: `CHROMIUM_PATH is ${process.env.CHROMIUM_PATH}, and nothing is there. ${advice}` }
  if (!mayInstallPackages()) {
    return { problem: `The end-to-end tests need a browser, and there is none. ${advice}` }
  }
  say('Installing Chromium with apt-get (a minute or two)')
  const refusal = installPackages(['chromium'])
  const installed = findBrowser()
  if (installed) return { path: installed }
  return {
    problem: `apt-get could not install Chromium:\n${refusal ?? 'it is not where one looks'}\n${advice}`,
  }
}

if (import.meta.main) {
  const found = ensureBrowser((line) => console.error(line))
  if ('problem' in found) {
    console.error(found.problem)
    process.exit(1)
  }
  console.log(found.path)
}
