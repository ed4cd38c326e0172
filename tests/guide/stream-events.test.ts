// The example of docs/websocket.md, run as its reader would: events on its input, and a server that dies in between.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertProject, type TestProject } from '../support/project.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const EXAMPLE = path.join(import.meta.dirname, '..', '..', 'docs', 'examples', 'stream-events.mjs')

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

it('INGEST-05: the example of the manual sends its events, each once, whatever happens to the server', async () => {
  const address = `ws://127.0.0.1:${server.port}/api/v1/events/stream?sentry_key=${project.key}`
  const program = spawn(process.execPath, [EXAMPLE, address], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  let complained = ''
  program.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
  program.stderr.setEncoding('utf8').on('data', (chunk: string) => (complained += chunk))
  const exited = once(program, 'exit')
  const stored = () => said.match(/^stored [0-9a-f]{32}$/gm) ?? []
  // Incompressible, so that the first half is not over before the server is.
  const line = (n: number) =>
    `${JSON.stringify({ message: 'From a pipe', tags: { n: String(n) }, extra: { noise: randomBytes(4_000).toString('hex') } })}\n`

  for (let n = 0; n < 1_500; n++) program.stdin.write(line(n))
  program.stdin.write('{"level":"error"}\n')
  await until(() => stored().length > 50, 20_000)
  await server.kill('SIGKILL')
  const before = stored().length
  server = await startServer({ databaseUrl: database.url, port: server.port })
  for (let n = 1_500; n < 1_600; n++) program.stdin.write(line(n))
  program.stdin.end()

  // One of the lines was no event.
  expect([(await exited)[0], said.match(/^refused .*/gm)]).toEqual([
    1,
    [expect.stringMatching('invalid_event')],
  ])
  expect(before).toBeLessThan(1_500)
  expect(complained).toContain('Connection closed')
  expect(new Set(stored()).size).toBe(1_600)
  const { rows } = await pool.query(
    `select count(*)::int as events, count(distinct tags->>'n')::int as different from event where project_id = $1`,
    [project.projectId],
  )
  expect(rows).toEqual([{ events: 1_600, different: 1_600 }])
}, 90_000)
