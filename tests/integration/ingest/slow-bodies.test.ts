// Who sends a byte now and then holds a connection and, of a body, memory: he is let go after a time, and nobody else
// notices.
import net from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'

const BYTE_MS = 100

let database: TestDatabase
let pool: pg.Pool
let server: TestServer
let project: TestProject

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 2 })
  project = await insertProject(pool)
  server = await startServer({ databaseUrl: database.url, env: { MESHER_BODY_TIMEOUT: '2' } })
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

/** Sends the beginning at once and then a byte at a time. @returns what the server had answered when it hung up */
function dribble(beginning: string, rest: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    let sent = 0
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(beginning))
    const timer = setInterval(() => socket.write(rest[sent++ % rest.length]!), BYTE_MS)
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    // It may hang up while a byte is on its way.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve(answer)
    })
  })
}

it('INGEST-06: bodies and headers that trickle in are ended with 408, and events are stored meanwhile', async () => {
  const head = `POST /api/v1/events HTTP/1.1\r\nhost: x\r\nx-mesher-key: ${project.key}\r\n`
  const endless = [
    ...Array.from({ length: 10 }, () => dribble(`${head}content-length: 1000000\r\n\r\n{"message":"`, 'a')),
    ...Array.from({ length: 10 }, () => dribble(`${head}transfer-encoding: chunked\r\n\r\n`, '1\r\na\r\n')),
    ...Array.from({ length: 10 }, () => dribble(head, 'x: 1\r\n')),
  ]
  const { status } = await fetch(`${server.url}/api/v1/events`, {
    method: 'POST',
    headers: { 'x-mesher-key': project.key, 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'meanwhile' }),
  })
  expect(status).toBe(202)
  for (const answer of await Promise.all(endless)) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  const { rows } = await pool.query('select title from event where project_id = $1', [project.projectId])
  expect(rows).toEqual([{ title: 'meanwhile' }])
}, 30_000)
