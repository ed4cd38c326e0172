// Every child of the supervision tree is made to crash in the built server: it comes back, the mailbox drains, and
// senders notice nothing.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { signUp, type Session } from '../../support/session.ts'
import { until } from '../../support/until.ts'
import type { SystemProcesses } from '#shared/schemas/system.ts'

let database: TestDatabase
let pool: pg.Pool
let server: TestServer
let project: TestProject
let owner: Session

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 2 })
  server = await startServer({ databaseUrl: database.url, env: { MESHER_FAULTS: '1' } })
  owner = await signUp(server.url)
  project = await insertProject(pool)
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

const processes = async () => (await owner.get('/api/v1/system/processes')) as SystemProcesses
const workersOf = ({ tree }: SystemProcesses) => tree.children.flatMap((supervisor) => supervisor.children)
const send = (message: string) =>
  fetch(`${server.url}/api/v1/events`, {
    method: 'POST',
    headers: { 'x-mesher-key': project.key },
    body: JSON.stringify({ message }),
  })
const countStored = async () => {
  const { rows } = await pool.query(
    `select (select count(*)::int from event where project_id = $1) as stored,
            (select coalesce(sum(event_count), 0)::int from issue where project_id = $1) as counted`,
    [project.projectId],
  )
  return rows[0] as { stored: number; counted: number }
}

describe('supervision', () => {
  it('RESIL-03: the tree is visible to the owner of the installation, and to nobody else', async () => {
    const ids = workersOf(await processes()).map((worker) => worker.id)
    expect(ids).toEqual(
      expect.arrayContaining(['writer-1', 'writer-2', 'folder', 'announcer', 'partition-keeper']),
    )
    expect((await fetch(`${server.url}/api/v1/system/processes`)).status).toBe(401)
  })

  it('RESIL-03: each child crashes while events arrive, comes back, and nothing is lost', async () => {
    let sent = 0
    for (const { id } of workersOf(await processes())) {
      const before = workersOf(await processes()).find((worker) => worker.id === id)!.restarts
      const answers = Array.from({ length: 30 }, () => send('under fire'))
      await owner.post('/api/v1/system/faults', { process: id })
      sent += answers.length
      expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual(
        Array(answers.length).fill(202),
      )
      await until(async () => {
        const worker = workersOf(await processes()).find((w) => w.id === id)!
        return worker.status === 'running' && worker.restarts > before
      }, 15_000)
    }
    await until(async () => {
      const { intake } = await processes()
      const { stored, counted } = await countStored()
      return intake.waiting === 0 && stored === sent && counted === sent
    }, 15_000)
    expect((await fetch(`${server.url}/api/v1/system/ready`)).status).toBe(200)
  })

  it('RESIL-03: without MESHER_FAULTS nobody can crash anything', async () => {
    const plain = await startServer({ databaseUrl: database.url })
    try {
      const response = await fetch(`${plain.url}/api/v1/system/faults`, {
        method: 'POST',
        headers: { cookie: owner.cookie, origin: plain.url, 'content-type': 'application/json' },
        body: JSON.stringify({ process: 'folder' }),
      })
      expect(response.status).toBe(404)
    } finally {
      await plain.stop()
    }
  })

  it('RESIL-01: PostgreSQL goes away under load and comes back: accepted events are all there', async () => {
    const before = (await countStored()).stored
    const answers = Array.from({ length: 200 }, (_, i) => send(`while away ${i % 3}`))
    const admin = new pg.Client({ connectionString: database.superuserUrl })
    await admin.connect()
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'mesher%'`,
    )
    await admin.end()
    const accepted = (await Promise.all(answers)).filter((answer) => answer.status === 202).length
    expect(accepted).toBe(200)
    await until(async () => (await countStored()).stored === before + accepted, 10_000)
  })
})
