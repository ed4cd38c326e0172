// The light switch: opens the database, starts the process tree, and stops both again. The web server itself is
// main.ts's; under `nuxt dev` the framework brings its own.
import { hash, randomBytes } from 'node:crypto'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { defineNitroPlugin } from 'nitropack/runtime'
import { version } from '../../package.json'
import { useConfig } from '#server/domain/settings.ts'
import { log } from '#server/http/log.ts'
import { startNode, type RunningNode } from '#server/processes/start-node.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { findOrCreateInstallation, type Installation } from '#server/storage/system/find-installation.ts'

/** What a process manager understands as "start me again". */
export const EXIT_EXHAUSTED = 70

let database: Database | undefined
let node: RunningNode | undefined
let stopping = false

/** The running node; undefined while it is starting or once it has stopped. */
export const findNode = (): RunningNode | undefined => node

export default defineNitroPlugin((nitroApp) => {
  nitroApp.hooks.hook('close', stopNode)
  boot().catch((error: unknown) => {
    log.error('The node could not start', { error })
    process.exit(EXIT_EXHAUSTED)
  })
})

async function boot(): Promise<void> {
  const { databaseUrl, secret, dataDir, spool, spoolMaxBytes } = useConfig()
  if (!databaseUrl)
    throw new Error('DATABASE_URL is not set: start with `npm start`, which brings a database.')
  database = openDatabase(databaseUrl)
  setDatabase(database)
  const installation = await findInstallation(database, secret ?? randomBytes(32).toString('base64url'))
  // Sessions and cursors are signed with it in this process, wherever it came from.
  process.env.MESHER_SECRET = secret ?? installation.secret
  node = startNode({
    database,
    userSalt: installation.userSalt,
    config: {
      version,
      spool: spool ? { root: spoolOf(dataDir, installation), maxBytes: spoolMaxBytes } : null,
    },
    log,
    onExhausted(error) {
      log.error('The root supervisor gave up', { error })
      process.exitCode = EXIT_EXHAUSTED
      process.kill(process.pid, 'SIGTERM')
    },
  })
  await node.supervision.started
  log.info('The node is ready', { version })
}

/**
 * Named for the installation: events that were meant for another database, whose projects have the same numbers, must
 * never be stored in this one.
 */
const spoolOf = (dataDir: string, { userSalt }: Installation): string =>
  path.resolve(dataDir, 'spool', hash('sha256', Buffer.concat([Buffer.from('spool'), userSalt])).slice(0, 16))

/** A node may be started before its database: it waits, and says so. */
async function findInstallation(db: Database, secret: string): Promise<Installation> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await findOrCreateInstallation(db.write, secret)
    } catch (error) {
      // 42P01: no such table. Waiting does not help: nobody has migrated this database.
      if (stopping || (error as { code?: string }).code === '42P01') throw error
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
