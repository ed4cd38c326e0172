// A real PostgreSQL that lives and dies with this process. In: a data directory. Out: addresses to connect to, and
// `stop`. It listens on a Unix socket in a private directory only, asks for a password, and runs without privileges.
//
// prepared → starting → running → (it fell) → starting … → stopping → stopped
// - If this process is killed, a watchdog on a pipe stops PostgreSQL in good order.
// - If PostgreSQL falls, it is started again on the same address; too often, and `failed` says so.
import { spawn, type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { restartBudget } from '#server/runtime/restart-budget.ts'
import type { Say } from './console.ts'
import { LauncherError } from './launcher-error.ts'
import { accountFor, findBinaries, type Account, type Binaries } from './postgres-binaries.ts'
import { environmentFor, makePrivate, prepareCluster, type Cluster } from './postgres-cluster.ts'
import { settingsFor } from './postgres-settings.ts'
import { leaveDataDirectory, takeDataDirectory, writeRunRecord } from './run-record.ts'

export interface EmbeddedPostgresOptions {
  dataDirectory: string
  say: Say
  /** False only for throw-away test clusters: they may lose everything in a power cut. */
  durable?: boolean
}

export interface EmbeddedPostgres {
  version: string
  /** As the role `mesher`, which owns its database and is no superuser. */
  url(database?: string): string
  superuserUrl(database?: string): string
  /** Resolves when PostgreSQL fell too often to be started again. */
  failed: Promise<Error>
  stop(options?: { force?: boolean }): Promise<void>
}

// Short on purpose: a socket's path may have 103 characters, and os.tmpdir() alone has half of that on macOS.
const SOCKET_PREFIX = '/tmp/mesher-'
const MAX_RESTARTS = 5
const RESTART_WINDOW_MS = 60_000
const STOP_PATIENCE_MS = 10_000

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { say, durable = true } = options
  const dataDirectory = path.resolve(options.dataDirectory)
  makeDataDirectory(dataDirectory)
  const { leftSocketDirectory } = takeDataDirectory(dataDirectory)
  let socketDirectory: string | undefined
  try {
    removeLeftSockets(leftSocketDirectory)
    const account = accountFor(path.join(dataDirectory, 'postgres'))
    const binaries = findBinaries(account, say)
    socketDirectory = fs.mkdtempSync(SOCKET_PREFIX)
    makePrivate(socketDirectory, account)
    writeRunRecord(dataDirectory, socketDirectory)
    const cluster = await prepareCluster({
      dataDirectory,
      binaries,
      account,
      scratchDirectory: socketDirectory,
      durable,
      say,
    })
    const server = await runServer(cluster, binaries, { socketDirectory, durable, say })
    const { url, stop } = server
    return {
      version: binaries.version,
      url: (database = 'mesher') => url('mesher', database),
      superuserUrl: (database = 'postgres') => url('superuser', database),
      failed: server.failed,
      async stop({ force = false } = {}) {
        await stop(force)
        fs.rmSync(socketDirectory!, { recursive: true, force: true })
        leaveDataDirectory(dataDirectory)
      },
    }
  } catch (error) {
    if (socketDirectory) fs.rmSync(socketDirectory, { recursive: true, force: true })
    leaveDataDirectory(dataDirectory)
    throw error
  }
}

function makeDataDirectory(directory: string): void {
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
    fs.accessSync(directory, fs.constants.W_OK)
  } catch (cause) {
    throw new LauncherError(
      `The data directory ${directory} cannot be written (${(cause as NodeJS.ErrnoException).code}). ` +
        'Give it to the account that starts Mesher, or set MESHER_DATA_DIR.',
      { cause },
    )
  }
}

function removeLeftSockets(directory: string | null): void {
  if (directory?.startsWith(SOCKET_PREFIX) && path.dirname(directory) === path.dirname(SOCKET_PREFIX)) {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

async function runServer(
  cluster: Cluster,
  binaries: Binaries,
  { socketDirectory, durable, say }: { socketDirectory: string; durable: boolean; say: Say },
) {
  const failed = Promise.withResolvers<Error>()
  const budget = restartBudget(MAX_RESTARTS, RESTART_WINDOW_MS, () => performance.now())
  let stopping = false
  let server: RunningServer

  // The socket stands in the query, so that the address is also a well-formed URL.
  const url = (role: 'mesher' | 'superuser', database: string) => {
    const name = role === 'superuser' ? 'postgres' : role
    return `postgresql://${name}:${cluster.passwords[role]}@localhost/${database}?host=${encodeURIComponent(socketDirectory)}`
  }
  const launch = () => launchServer(cluster, binaries, settingsFor({ socketDirectory, durable }))
  const isUp = () => waitUntilUp(server, url('superuser', 'postgres'), cluster.logFile, say)

  async function startAndWatch() {
    server = launch()
    try {
      await isUp()
    } catch (error) {
      if (stopping) throw error
      // What a killed server leaves (shared memory, its last children) is gone a moment later.
      await server.kill('SIGKILL')
      await sleep(1_000)
      server = launch()
      try {
        await isUp()
      } catch (secondError) {
        await server.kill('SIGKILL')
        throw secondError
      }
    }
    const watched = server
    void watched.exited.then(() => {
      if (!stopping) void bringBack()
    })
  }

  async function bringBack() {
    say('PostgreSQL ended unexpectedly; starting it again')
    if (!budget.spend()) {
      failed.resolve(
        new LauncherError(
          `PostgreSQL fell ${MAX_RESTARTS + 1} times in a minute:\n${lastLines(cluster.logFile)}`,
        ),
      )
      return
    }
    try {
      await startAndWatch()
    } catch (error) {
      if (!stopping) failed.resolve(error as Error)
    }
  }

  async function stop(force: boolean) {
    stopping = true
    const signals = force ? (['SIGQUIT', 'SIGKILL'] as const) : (['SIGINT', 'SIGQUIT', 'SIGKILL'] as const)
    for (const signal of signals) {
      if (await server.kill(signal)) return
    }
  }

  await startAndWatch()
  try {
    await ensureRoleAndDatabase(url('superuser', 'postgres'), cluster.passwords.mesher)
    await ensureStatistics(url('superuser', 'mesher'))
  } catch (error) {
    await stop(false)
    throw error
  }
  return { url, stop, failed: failed.promise }
}

interface RunningServer {
  process: ChildProcess
  exited: Promise<void>
  /** Sends the signal and waits a while; true when the server is gone. */
  kill(signal: NodeJS.Signals): Promise<boolean>
}

function launchServer(
  cluster: Cluster,
  { postgres }: Binaries,
  settings: Record<string, string | number>,
): RunningServer {
  const log = fs.openSync(
    cluster.logFile,
    fs.statSync(cluster.logFile, { throwIfNoEntry: false }) ? 'a' : 'w',
    0o600,
  )
  if (fs.fstatSync(log).size > 10 * 1024 ** 2) fs.ftruncateSync(log)
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(postgres, ['-D', cluster.named.argument, ...flags], {
    ...cluster.account,
    cwd: cluster.named.cwd,
    env: environmentFor(),
    detached: true,
    stdio: ['ignore', log, log],
  })
  fs.closeSync(log)
  const watchdog = child.pid ? watch(child.pid, cluster.account) : undefined
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  }).then(() => {
    // Before the number can belong to somebody else.
    watchdog?.kill('SIGKILL')
  })
  return {
    process: child,
    exited,
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      const giveUp = new AbortController()
      const late = sleep(STOP_PATIENCE_MS, false, { signal: giveUp.signal }).catch(() => false)
      const gone = await Promise.race([exited.then(() => true), late])
      giveUp.abort()
      return gone
    },
  }
}

/** Ends PostgreSQL in good order when this process goes, even by `kill -9`: the pipe's end is all it waits for. */
function watch(pid: number, account: Account): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -INT "$0"', String(pid)], {
    ...account,
    cwd: '/',
    env: environmentFor(),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watchdog.unref()
  watchdog.stdin!.on('error', () => {})
  return watchdog
}

/** Recovery after a power cut may take minutes: waits as long as the server lives, and says so now and then. */
async function waitUntilUp(server: RunningServer, url: string, logFile: string, say: Say): Promise<void> {
  let gone = false
  void server.exited.then(() => {
    gone = true
  })
  const began = Date.now()
  let lastWord = began
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      const { code } = error as { code?: string }
      if (code?.startsWith('28')) throw error // a wrong password does not get better by waiting
    }
    if (gone) throw new LauncherError(`PostgreSQL did not start. It said:\n${lastLines(logFile)}`)
    if (Date.now() - lastWord > 5_000) {
      lastWord = Date.now()
      say(`… PostgreSQL is recovering after an unclean stop (${Math.round((lastWord - began) / 1000)} s)`)
    }
    await sleep(20)
  }
}

function lastLines(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(-12).join('\n')
  } catch {
    return '(nothing)'
  }
}

async function ensureRoleAndDatabase(url: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mesher') AS role,
              EXISTS (SELECT FROM pg_database WHERE datname = 'mesher') AS database`,
    )
    const { role, database } = rows[0]!
    // The password is set each time: it may have been replaced together with a lost postgres.json.
    await client.query(
      `${role ? 'ALTER' : 'CREATE'} ROLE mesher LOGIN NOSUPERUSER PASSWORD ${pg.escapeLiteral(password)}`,
    )
    if (!database) await client.query('CREATE DATABASE mesher OWNER mesher')
  } finally {
    await client.end()
  }
}

/** Only a superuser may; the role that Mesher has then reads its own statements. */
async function ensureStatistics(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
  } finally {
    await client.end()
  }
}
