// A throw-away PostgreSQL for a test run: the real one that Mesher brings, started by the launcher's own code, without
// fsync. Holds one migrated database that the files' own databases are copied from.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../launcher/embedded-postgres.ts'
import { readInstallation } from '../../launcher/installation.ts'
import { migrate } from '../../launcher/migrate.ts'
import { startOf } from '#server/runtime/process-identity.ts'
import { readRunRecord } from '../../launcher/run-record.ts'

export interface TestPostgres {
  superuserUrl: string
  stop(): Promise<void>
}

export const TEMPLATE = 'mesher_template'

const PREFIX = 'mesher-test-'

export async function startTestPostgres(): Promise<TestPostgres> {
  sweep()
  const dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), PREFIX))
  const postgres = await startEmbeddedPostgres({ dataDirectory, durable: false, say: () => {} })
  const stop = async () => {
    await postgres.stop({ force: true })
    fs.rmSync(dataDirectory, { recursive: true, force: true })
  }
  try {
    await asSuperuser(postgres.superuserUrl(), (client) =>
      client.query(`CREATE DATABASE ${TEMPLATE} OWNER mesher`),
    )
    await migrate(postgres.url(TEMPLATE))
    await readInstallation(postgres.url(TEMPLATE), undefined)
  } catch (error) {
    await stop()
    throw error
  }
  // Through the environment: vitest's and Playwright's workers both inherit it.
  process.env.MESHER_TEST_SUPERUSER_URL = postgres.superuserUrl()
  process.env.MESHER_TEST_URL = postgres.url()
  return { superuserUrl: postgres.superuserUrl(), stop }
}

/** What runs that were killed left behind. PostgreSQL itself went with them (the launcher's watchdog). */
function sweep(): void {
  for (const name of fs.readdirSync(os.tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const directory = path.join(os.tmpdir(), name)
    const record = readRunRecord(directory)
    if (!record || record.start === startOf(record.pid)) continue
    if (record.socketDirectory) fs.rmSync(record.socketDirectory, { recursive: true, force: true })
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

export async function asSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
