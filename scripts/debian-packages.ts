// Packages of Debian and its kin: what is there, and putting there what is missing, as root only.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

const APT_GET = '/usr/bin/apt-get'
const LAST_LINES = 5

export const mayInstallPackages = (): boolean => process.getuid?.() === 0 && fs.existsSync(APT_GET)

/** @returns null when all are there now, else the last words of apt-get */
export function installPackages(names: readonly string[]): string | null {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () =>
    spawnSync(APT_GET, ['install', '-y', '--no-install-recommends', ...names], { env, encoding: 'utf8' })
  let last = install()
  if (last.status !== 0) {
    // A fresh image has no package lists yet.
    spawnSync(APT_GET, ['update'], { env, stdio: 'ignore' })
    last = install()
  }
  if (last.status === 0) return null
  return (last.error?.message ?? last.stderr).trim().split('\n').slice(-LAST_LINES).join('\n')
}

/** The version of the software in an installed package, without Debian's own part (`1.9.10` of `1.9.10-2+deb12u1`). */
export function packagedVersion(name: string): string | null {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Version}', name], {
    encoding: 'utf8',
  })
  const [state, version] = status === 0 ? stdout.split(' ') : []
  if (state !== 'installed' || !version) return null
  return version.replace(/^\d+:/, '').replace(/[-+~].*$/, '')
}
