// Real events of real SDKs through the real Sentry doors: all are accepted, and become the issues they should.
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unpackPayload } from '#server/domain/events/payload.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'

const FIXTURES = path.join(import.meta.dirname, '..', '..', 'fixtures', 'sentry')
const filesOf = (folder: string, ending: string) =>
  readdirSync(path.join(FIXTURES, folder)).filter((name) => name.endsWith(ending))

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

async function post(door: 'envelope' | 'store', file: string): Promise<{ status: number; id?: string }> {
  const response = await fetch(`${server.url}/api/${project.projectId}/${door}/?sentry_key=${project.key}`, {
    method: 'POST',
    body: readFileSync(path.join(FIXTURES, file)),
  })
  const { id } = (await response.json()) as { id?: string }
  return { status: response.status, id }
}
const issueOf = async (id: string) => {
  const { rows } = await pool.query<{ issue_id: number; title: string; level: number }>(
    `select g.issue_id, e.title, e.level from event e join event_group g using (project_id, group_id)
     where project_id = $1 and event_id = $2`,
    [project.projectId, id],
  )
  return rows[0]
}

describe('captured envelopes', () => {
  for (const folder of ['captured/node', 'captured/browser'])
    it.each(filesOf(folder, '.envelope'))(`INGEST-02: ${folder}/%s is accepted`, async (name) => {
      const body = readFileSync(path.join(FIXTURES, folder, name), 'utf8')
      const { status, id } = await post('envelope', `${folder}/${name}`)
      expect(status).toBe(200)
      if (/^\{"type":"event"/m.test(body)) expect(await issueOf(id!)).toBeDefined()
    })
})

describe('payloads', () => {
  for (const folder of ['sdk-events', 'grouping'])
    it.each(filesOf(folder, '.json'))(`INGEST-02: ${folder}/%s is accepted and stored`, async (name) => {
      const { status, id } = await post('store', `${folder}/${name}`)
      expect(status).toBe(200)
      expect(await issueOf(id!)).toBeDefined()
    })
})

describe('attachments', () => {
  it('DETAIL-04: are not kept, and the event that came with them says so, without their names', async () => {
    const eventId = randomUUID().replaceAll('-', '')
    const items: [object, string][] = [
      [{ type: 'attachment', filename: 'jane@example.org.png', length: 5 }, '12345'],
      [{ type: 'event' }, JSON.stringify({ message: 'with files' })],
      [{ type: 'attachment', filename: 'log.txt', length: 3 }, 'abc'],
      [{ type: 'event' }, JSON.stringify({ message: 'another' })],
    ]
    const response = await fetch(
      `${server.url}/api/${project.projectId}/envelope/?sentry_key=${project.key}`,
      {
        method: 'POST',
        body: [{ event_id: eventId }, ...items.flat()]
          .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
          .join('\n'),
      },
    )
    expect(response.status).toBe(200)
    const { rows } = await pool.query<{ id: string; title: string; payload: Buffer }>(
      `select event_id::text as id, title, payload from event
       where project_id = $1 and title in ('with files', 'another')`,
      [project.projectId],
    )
    const notes = new Map<string, unknown>()
    for (const { title, payload } of rows) {
      const stored = await unpackPayload(payload)
      expect(JSON.stringify(stored)).not.toContain('jane@example.org')
      notes.set(title, stored.notes)
    }
    expect(notes.get('with files')).toEqual([
      { path: 'attachments', kind: 'dropped', message: '2 files of 8 bytes; files are not kept' },
    ])
    expect(notes.get('another')).toEqual([])
  })
})

describe('grouping', () => {
  it('GROUP-01: one JavaScript error as four browsers report it is one issue', async () => {
    const issues = new Set<number>()
    for (const browser of ['chrome', 'edge', 'firefox', 'safari']) {
      const { id } = await post('store', `grouping/javascript-xbrowser-${browser}.json`)
      issues.add((await issueOf(id!))!.issue_id)
    }
    expect(issues.size).toBe(1)
  })

  it('GROUP-01: two different errors are two', async () => {
    const issues = new Set<number>()
    for (const name of ['group_432_event_432', 'group_432_event_453']) {
      const { id } = await post('store', `grouping/${name}.json`)
      issues.add((await issueOf(id!))!.issue_id)
    }
    expect(issues.size).toBe(2)
  })
})
