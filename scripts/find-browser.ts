// The browser of the end-to-end tests: the system's own Chromium. As root on Debian and its kin a missing one is
// installed; elsewhere it is said what to do. Run directly it prints the path.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

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
  if (process.getuid?.() !== 0 || !fs.existsSync('/usr/bin/apt-get')) {
    return { problem: `The end-to-end tests need a browser, and there is none. ${advice}` }
  }
  say('Installing Chromium with apt-get (a minute or two)')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { env, encoding: 'utf8' })
  let last = install()
  if (last.status !== 0) {
    // A fresh image has no package lists yet.
    spawnSync('apt-get', ['update'], { env, stdio: 'ignore' })
    last = install()
  }
  const installed = findBrowser()
  if (installed) return { path: installed }
  return {
    problem: `apt-get could not install Chromium:\n${last.stderr?.trim().split('\n').slice(-5).join('\n')}\n${advice}`,
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
