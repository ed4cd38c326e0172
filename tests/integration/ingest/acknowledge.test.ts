// What 202 says: the row is there, readable by anybody, at the moment of the answer.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'

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

const post = (body: unknown) =>
  fetch(`${server.url}/api/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${project.key}` },
    body: JSON.stringify(body),
  })

it('INGEST-01: 202 with the id of an event that is committed by then', async () => {
  for (let i = 0; i < 20; i++) {
    const response = await post({ message: `event ${i}`, level: 'warning', tags: { n: String(i) } })
    expect(response.status).toBe(202)
    const { id } = (await response.json()) as { id: string }
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    const { rows } = await pool.query(
      `select title, level, tags from event where project_id = $1 and event_id = $2`,
      [project.projectId, id],
    )
    expect(rows).toEqual([{ title: `event ${i}`, level: 2, tags: { n: String(i) } }])
  }
})

it('INGEST-01: the sender may choose the id, and hears it again', async () => {
  const id = 'fc6d8c0c43fc4630ad850ee518f1b9d0'
  expect(await (await post({ event_id: id, message: 'mine' })).json()).toEqual({ id })
  expect(await (await post({ event_id: id, message: 'mine' })).json()).toEqual({ id })
})

it('INGEST-01: received_at is stamped by the database clock, and expires by the retention of the project', async () => {
  const { id } = (await (await post({ message: 'when' })).json()) as { id: string }
  const { rows } = await pool.query(
    `select abs(extract(epoch from now() - received_at)) < 2 as recent,
            extract(isodow from expires_on) as weekday, expires_on - received_at::date as days
     from event where event_id = $1`,
    [id],
  )
  expect(rows[0]).toMatchObject({ recent: true, weekday: '1' })
  expect(rows[0].days).toBeGreaterThanOrEqual(90)
  expect(rows[0].days).toBeLessThan(97)
})
