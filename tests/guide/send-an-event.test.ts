// The README's "Send events", as a reader would type it: the shell command against the real server.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertProject, type TestProject } from '../support/project.ts'
import { startServer, type TestServer } from '../support/server.ts'

let database: TestDatabase
let pool: pg.Pool
let server: TestServer
let project: TestProject

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 2 })
  project = await insertProject(pool)
  server = await startServer({ databaseUrl: database.url })
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

// A machine without curl has nothing to type it into.
it.skipIf(spawnSync('curl', ['--version']).error)(
  'INGEST-01: the curl command of the README sends an event',
  async () => {
    const readme = readFileSync(path.join(import.meta.dirname, '..', '..', 'README.md'), 'utf8')
    const command = /^curl (?:.*\\\n)*.*/m.exec(readme)?.[0]
    expect(command).toBeDefined()
    const answer = execFileSync('/bin/sh', [
      '-c',
      command!
        .replace('http://127.0.0.1:3000', server.url)
        .replace('<key>', project.key)
        .replace('curl ', 'curl -s '),
    ])
    const { id } = JSON.parse(answer.toString()) as { id: string }
    const { rows } = await pool.query(`select title, tags from event where event_id = $1`, [id])
    expect(rows).toEqual([{ title: 'Payment failed', tags: { region: 'eu' } }])
  },
)
