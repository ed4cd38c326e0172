// The light switch: opens the database, starts the process tree, and stops both again. The web server itself is
// main.ts's; under `nuxt dev` the framework brings its own.
import { hash, randomBytes } from 'node:crypto'
import { availableParallelism, hostname } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { defineNitroPlugin } from 'nitropack/runtime'
import { version } from '../../package.json'
import { useConfig } from '#server/domain/settings.ts'
import { log } from '#server/http/log.ts'
import { forgetLastKnown, readLastKnown, type LastKnown } from '#server/processes/last-known.ts'
import { meshListening } from '#server/processes/mesh-listening.ts'
import { startNode, type RunningNode } from '#server/processes/start-node.ts'
import { createGate } from '#server/runtime/gate.ts'
import { lastKnownFile } from '#server/runtime/last-known-file.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { findOrCreateInstallation, type Installation } from '#server/storage/system/find-installation.ts'
import { isMigrated } from '#server/storage/system/is-migrated.ts'
import { readEventLoop } from '#server/system/event-loop.ts'
import { noteOwnFault } from '#server/system/own-faults.ts'
import { ownProcesses, ownStatus } from '#server/system/own-state.ts'
import { answerSiblings } from '#server/system/siblings.ts'

/** What a process manager understands as "start me again". */
export const EXIT_EXHAUSTED = 70

let database: Database | undefined
let node: RunningNode | undefined
let stopping = false

/** The running node; undefined while it is starting or once it has stopped. */
export const findNode = (): RunningNode | undefined => node

/** Told by the build (nuxt.config.ts): the newest migration this program was written for. */
declare const __NEWEST_MIGRATION__: string

/** Beside the entry; the build puts it there (nuxt.config.ts). Development has none, and prepares in its only thread. */
const PREPARER = new URL('preparer-thread.mjs', pathToFileURL(process.argv[1] ?? ''))

/** One core is the event loop's; more than a few threads wait for it and for PostgreSQL. */
const MAX_THREADS = 4
const threadsFor = (processes: number): number =>
  Math.max(0, Math.min(MAX_THREADS, Math.floor(availableParallelism() / processes) - 1))

/** Which of its launcher's processes this is. */
const nodeIndex = Number(process.env.MESHER_NODE_INDEX ?? 0)

/** A database that has said nothing for so long is away. */
const ANSWER_WITHIN_MS = 2_000

export default defineNitroPlugin((nitroApp) => {
  nitroApp.hooks.hook('close', stopNode)
  boot().catch((error: unknown) => {
    if (stopping) return
    log.error('The node could not start', { error })
    process.exit(EXIT_EXHAUSTED)
  })
})

// PostgreSQL answers → the node starts with all its processes.
// PostgreSQL is away, and an earlier node left what it knew → the node starts, accepts and spools; behind the gate its
// other processes wait for the database. Otherwise nothing can be accepted, and the node waits as a whole.
async function boot(): Promise<void> {
  const config = useConfig()
  const { databaseUrl, secret, dataDir, spool, spoolMaxBytes, processes, threads, mesh } = config
  if (!databaseUrl)
    throw new Error('DATABASE_URL is not set: start with `npm start`, which brings a database.')
  database = openDatabase(databaseUrl)
  setDatabase(database)
  const file = lastKnownFile(dataDir, databaseUrl)
  const lastKnown = await recall(file, spool)
  const away: PromiseWithResolvers<null> = Promise.withResolvers()
  const waiting = waitForDatabase(database, secret ?? randomBytes(32).toString('base64url'), {
    migratedLater: lastKnown !== null,
    onFailure: () => away.resolve(null),
  })
  waiting.catch(() => {}) // its end is awaited below
  const found = lastKnown
    ? await Promise.race([waiting, away.promise, delay(ANSWER_WITHIN_MS, null, { ref: false })])
    : await waiting
  const { userSalt } = found ?? lastKnown! // the race ends without the first only where there is the second
  // Sessions and cursors are signed with it in this process, wherever it came from.
  if (found) process.env.MESHER_SECRET = secret ?? found.secret
  const databaseGate = createGate(found !== null)
  node = startNode({
    database,
    databaseGate,
    lastKnown: found ? undefined : lastKnown!, // one of the two is there
    userSalt,
    config: {
      version,
      spool: spool ? { root: spoolOf(dataDir, userSalt), maxBytes: spoolMaxBytes } : null,
      lastKnownFile: file,
      preparers: import.meta.dev
        ? undefined
        : { threads: threads ?? threadsFor(processes), program: PREPARER },
      dataDir,
      migration: __NEWEST_MIGRATION__,
      databaseIsHere: isOnThisMachine(databaseUrl),
      publicUrl: config.publicUrl,
      webhookPrivate: config.webhookPrivate,
      mesh: {
        name: nodeIndex > 0 ? `${hostname()} ${nodeIndex + 1}` : hostname(),
        // Known once the database is: the mesh begins behind its gate.
        secret: () => mesh.secret ?? process.env.MESHER_SECRET!,
        listen: meshListening(mesh, nodeIndex),
      },
    },
    log,
    onExhausted(error) {
      log.error('The root supervisor gave up', { error })
      noteOwnFault({ kind: 'process', error, about: 'root supervisor', fatal: true })
      process.exitCode = EXIT_EXHAUSTED
      process.kill(process.pid, 'SIGTERM')
    },
  })
  readEventLoop() // measured from here on
  answerSiblings({
    metrics: async () => (await import('#server/system/metrics.ts')).ownMetrics(),
    processes: async () => ownProcesses(),
    status: ownStatus,
  })
  // What ended so suddenly could not say so itself.
  const lastExit = process.env.MESHER_LAST_EXIT
  if (lastExit)
    noteOwnFault({ kind: 'server', error: new ServerEnded(`A server process ${lastExit}`), fatal: true })
  await node.supervision.started
  if (!found) {
    log.error('PostgreSQL is away: events go to the spool, with what was last known of keys', {
      keys: lastKnown!.keys.length,
    })
    const installation = await waiting
    await assertSame(installation, userSalt, file)
    process.env.MESHER_SECRET = secret ?? installation.secret
    databaseGate.open()
  }
  log.info('The node is ready', { version })
}

class ServerEnded extends Error {
  override name = 'ServerEnded'
}

/** What an earlier node knew last; null when there is nothing that could be used. */
async function recall(file: string, spool: boolean): Promise<LastKnown | null> {
  try {
    if (spool) return await readLastKnown(file)
    await forgetLastKnown(file)
  } catch (error) {
    log.error('What was last known cannot be used', { file, error })
  }
  return null
}

/** The address is the same and the database another one: its keys are not those we believed in. */
async function assertSame(found: Installation, userSalt: Buffer, file: string): Promise<void> {
  if (found.userSalt.equals(userSalt)) return
  await forgetLastKnown(file)
  throw new Error(
    'The database is another installation than the one last known: events accepted meanwhile stay in its spool',
  )
}

/**
 * Named for the installation: events that were meant for another database, whose projects have the same numbers, must
 * never be stored in this one.
 */
const spoolOf = (dataDir: string, userSalt: Buffer): string =>
  path.resolve(dataDir, 'spool', hash('sha256', Buffer.concat([Buffer.from('spool'), userSalt])).slice(0, 16))

/** It listens on a socket in a directory, as the embedded one does. */
const isOnThisMachine = (databaseUrl: string): boolean =>
  new URL(databaseUrl).searchParams.get('host')?.startsWith('/') ?? false

interface Patience {
  /** Somebody will migrate this database: one without tables is waited for as well. */
  migratedLater: boolean
  onFailure(): void
}

/** A node may be started before its database, and before that is migrated: it waits, and says so. */
async function waitForDatabase(
  db: Database,
  secret: string,
  { migratedLater, onFailure }: Patience,
): Promise<Installation> {
  for (let attempt = 0; ; attempt++) {
    try {
      if (!(await isMigrated(db.write, __NEWEST_MIGRATION__)))
        throw new Error(`The database lacks the migration ${__NEWEST_MIGRATION__}`)
      return await findOrCreateInstallation(db.write, secret)
    } catch (error) {
      // 42P01: no such table. Waiting does not help: nobody has migrated this database.
      if (stopping || (!migratedLater && (error as { code?: string }).code === '42P01')) throw error
      onFailure()
      if (attempt % 10 === 0) log.error('Waiting for the database', { error })
      await delay(Math.min(2_000, 100 * 2 ** attempt))
    }
  }
}

/** Writes what waits, ends the processes, closes the database. May be called again. */
export async function stopNode(): Promise<void> {
  if (stopping) return
  stopping = true
  await node?.stop()
  node = undefined
  await database?.close()
}
