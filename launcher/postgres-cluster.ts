// The embedded PostgreSQL's directory: made once, with generated passwords and no way in without one.
//   <data>/postgres        the cluster, 0700, owned by the account that runs PostgreSQL
//   <data>/postgres.json   the passwords, 0600
//   <data>/postgres.log    what the server said
// Under root the directory is handed over as working directory and named `/proc/self/cwd`: the running account then
// needs no right to walk the path, so that data under a closed home directory works as well.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Say } from './console.ts'
import { LauncherError } from './launcher-error.ts'
import type { Account, Binaries } from './postgres-binaries.ts'
import { isAlive } from '#server/runtime/process-identity.ts'
import { isPostgresIn } from './process-identity.ts'

export interface Cluster {
  directory: string
  logFile: string
  account: Account
  passwords: { superuser: string; mesher: string }
  /** How a program of PostgreSQL is told the directory, and where it is to be started. */
  named: { argument: string; cwd: string }
}

export interface ClusterOptions {
  dataDirectory: string
  binaries: Binaries
  account: Account
  /** A private directory of that account, for the moment a password has to be handed over in. */
  scratchDirectory: string
  durable: boolean
  say: Say
}

export async function prepareCluster(options: ClusterOptions): Promise<Cluster> {
  const { dataDirectory, binaries, account, durable } = options
  const directory = path.join(dataDirectory, 'postgres')
  const passwordFile = path.join(dataDirectory, 'postgres.json')
  const kept = readPasswords(passwordFile)
  const passwords = kept ?? { superuser: newPassword(), mesher: newPassword() }
  const cluster: Cluster = {
    directory,
    logFile: path.join(dataDirectory, 'postgres.log'),
    account,
    passwords,
    named: nameFor(directory, account),
  }
  if (!kept) writePasswords(passwordFile, passwords)
  if (!fs.existsSync(path.join(directory, 'PG_VERSION'))) {
    await initialise(options, cluster)
    return cluster
  }
  refuseOtherMajor(directory, binaries)
  await stopStale(cluster, options.say)
  if (!kept) await resetSuperuserPassword(cluster, binaries, durable)
  return cluster
}

const nameFor = (directory: string, account: Account) =>
  account && process.platform === 'linux'
    ? { argument: '/proc/self/cwd', cwd: directory }
    : { argument: directory, cwd: directory }

const newPassword = () => randomBytes(24).toString('base64url')

function readPasswords(file: string): Cluster['passwords'] | null {
  try {
    const { superuser, mesher } = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Cluster['passwords']>
    return superuser && mesher ? { superuser, mesher } : null
  } catch {
    return null
  }
}

function writePasswords(file: string, passwords: Cluster['passwords']): void {
  const fresh = `${file}.${process.pid}`
  fs.writeFileSync(fresh, JSON.stringify(passwords), { mode: 0o600 })
  fs.renameSync(fresh, file)
}

/** In a directory beside it, renamed at the end: a start that is killed halfway leaves nothing that looks finished. */
async function initialise(
  { binaries, scratchDirectory, account, durable }: ClusterOptions,
  cluster: Cluster,
) {
  const unfinished = `${cluster.directory}.new`
  fs.rmSync(unfinished, { recursive: true, force: true })
  makePrivate(unfinished, account)
  const passwordFile = path.join(scratchDirectory, 'password')
  fs.writeFileSync(passwordFile, cluster.passwords.superuser, { mode: 0o600 })
  if (account) fs.chownSync(passwordFile, account.uid, account.gid)
  const named = nameFor(unfinished, account)
  const { status, output } = await run(
    binaries.initdb,
    [
      ['-D', named.argument, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      // Sorted by code point, the same on every machine and after every system upgrade.
      ['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
      ['--no-instructions', ...(durable ? [] : ['--no-sync'])],
    ].flat(),
    { account, cwd: named.cwd },
  )
  fs.rmSync(passwordFile)
  if (status !== 0) {
    const hint = output.includes('could not look up')
      ? '\nIt needs an account that is listed in /etc/passwd.'
      : ''
    throw new LauncherError(
      `PostgreSQL could not make its data directory ${cluster.directory}:\n${output}${hint}`,
    )
  }
  if (fs.existsSync(cluster.directory)) fs.rmdirSync(cluster.directory) // an empty mount point's place, at most
  fs.renameSync(unfinished, cluster.directory)
}

export function makePrivate(directory: string, account: Account): void {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (account) fs.chownSync(directory, account.uid, account.gid)
}

function refuseOtherMajor(directory: string, { version }: Binaries): void {
  const made = fs.readFileSync(path.join(directory, 'PG_VERSION'), 'utf8').trim()
  if (version.split('.')[0] === made) return
  throw new LauncherError(
    `The data in ${directory} was made by PostgreSQL ${made}; this Mesher brings PostgreSQL ${version}, which cannot ` +
      `read it. Start the Mesher that made it, save a backup there, and restore it into an empty MESHER_DATA_DIR.`,
  )
}

/** A server that outlived its launcher is stopped; a number that now belongs to somebody else is forgotten. */
async function stopStale(cluster: Cluster, say: Say): Promise<void> {
  const pidFile = path.join(cluster.directory, 'postmaster.pid')
  const pid = Number(readFirstLine(pidFile))
  if (!pid) return
  if (!isPostgresIn(pid, fs.realpathSync(cluster.directory))) {
    fs.rmSync(pidFile, { force: true })
    return
  }
  say(`… stopping the PostgreSQL of an earlier start (process ${pid})`)
  for (const [signal, patienceMs] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    process.kill(pid, signal)
    const deadline = Date.now() + patienceMs
    while (isAlive(pid) && Date.now() < deadline) await sleep(50)
    if (!isAlive(pid)) return
  }
  throw new LauncherError(
    `PostgreSQL (process ${pid}) still works in ${cluster.directory} and does not stop.`,
  )
}

function readFirstLine(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').split('\n', 1)[0]!
  } catch {
    return ''
  }
}

/** `postgres.json` is gone: whoever may read the cluster's files may set a new password in single-user mode. */
async function resetSuperuserPassword(
  { named, account, passwords }: Cluster,
  binaries: Binaries,
  durable: boolean,
) {
  const { status, output } = await run(
    binaries.postgres,
    ['--single', '-D', named.argument, ...(durable ? [] : ['-c', 'fsync=off']), 'postgres'],
    { account, cwd: named.cwd, input: `ALTER ROLE postgres PASSWORD '${passwords.superuser}'\n` },
  )
  if (status !== 0) throw new LauncherError(`PostgreSQL's lost password could not be replaced:\n${output}`)
}

export const environmentFor = () => ({ PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' })

/** Detached, so that a Ctrl-C meant for the launcher does not reach it. */
function run(program: string, args: string[], options: { account: Account; cwd: string; input?: string }) {
  return new Promise<{ status: number | null; output: string }>((resolve, reject) => {
    const child = spawn(program, args, {
      ...options.account,
      cwd: options.cwd,
      env: environmentFor(),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    child.stdin.on('error', () => {}) // it ended before it read
    child.stdin.end(options.input ?? '')
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, output: output.trim() }))
  })
}
