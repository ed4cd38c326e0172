// Mesher watches itself: faults put into the built server show as issues of its own project, without anything secret;
// and when such an event cannot be written, that is the end of it.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import type { SelfReporting } from '#shared/schemas/system-status.ts'
import { addMember, ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

const SWITCH = '/api/v1/system/self-reporting'

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let ada: ApiClient
let org: string

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  server = await startServer({
    databaseUrl: database.url,
    env: { MESHER_FAULTS: '1', MESHER_OPEN_SIGNUP: '1' },
  })
  ada = await new ApiClient(server.url).signUp('Ada')
  org = (await ada.post('/api/v1/orgs', { name: 'Acme' })).body.slug
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

const crash = async (process: string) =>
  expect((await ada.post('/api/v1/system/faults', { process })).status).toBe(204)

/** What became of the reports so far. */
async function reports(): Promise<{ reported: number; suppressed: number; failed: number }> {
  const { body } = await ada.get('/metrics')
  const of = (result: string) =>
    Number(new RegExp(`^mesher_own_faults_total\\{.*result="${result}".*\\} (\\d+)$`, 'm').exec(body)?.[1])
  return { reported: of('reported'), suppressed: of('suppressed'), failed: of('failed') }
}

interface Issue {
  id: string
  title: string
  culprit: string | null
  eventCount: number
}
const issuesOf = async (project: string) =>
  (await ada.get(`/api/v1/projects/${project}/issues`)).body.data as Issue[]

describe('OPS-02: Mesher’s own faults', () => {
  let own: NonNullable<SelfReporting['project']>

  test('are nobody’s events until the installation’s owner wants them, in an organisation they own', async () => {
    expect((await ada.get(SWITCH)).body).toEqual({ on: false, project: null })
    await crash('folder')
    const bob = await new ApiClient(server.url).signUp('Bob')
    expect((await bob.get(SWITCH)).status).toBe(403)
    const theirs = (await bob.post('/api/v1/orgs', { name: 'Theirs' })).body.slug
    await addMember(pool, { org: theirs, userId: ada.userId, role: 'admin' })
    for (const not of [theirs, 'no-such-org']) {
      const { status, body } = await ada.patch(SWITCH, { on: true, org: not })
      expect([status, body.error.details[0].path]).toEqual([400, 'org'])
    }
    const { status, body } = await ada.patch(SWITCH, { on: true })
    expect([status, body.on, body.project.orgSlug, body.project.name]).toEqual([
      200,
      true,
      org,
      'Mesher itself',
    ])
    own = body.project
    // Switched again, it is the same one.
    expect((await ada.patch(SWITCH, { on: true })).body.project).toEqual(own)
    expect((await ada.get(`/api/v1/orgs/${org}/projects`)).body.data).toHaveLength(1)
    const audit = (await ada.get(`/api/v1/orgs/${org}/audit`)).body.data
    expect(audit.map(({ action }: { action: string }) => action)).toContain('self_reporting.enabled')
  })

  test('show as issues: a process that fell, a request that failed, and nothing of what the request brought', async () => {
    // Heard of within seconds.
    await until(async () => {
      await crash('alert-sweeper')
      return (await issuesOf(own.id)).length > 0
    }, 20_000)
    const [fallen] = await issuesOf(own.id)
    expect(fallen!.title).toContain('Injected fault')

    await pool.query('alter table saved_view rename to saved_view_gone')
    const address = `/api/v1/orgs/${org}/views?page=issues`
    const answer = await ada.get(`${address}&token=Marked5ecret`, {
      headers: { 'x-secret': 'Marked5ecret', referer: 'https://u:Marked5ecret@h.example' },
    })
    expect(answer.status).toBe(500)
    await pool.query('alter table saved_view_gone rename to saved_view')
    await until(async () => (await issuesOf(own.id)).length === 2, 15_000)
    const failed = (await issuesOf(own.id)).find(({ id }) => id !== fallen!.id)!
    expect(failed.title).toContain('relation "saved_view" does not exist (42P01)')
    const { body } = await ada.get(`/api/v1/projects/${own.id}/issues/${failed.id}/events/latest`)
    const text = JSON.stringify(body)
    expect(text).not.toContain('Marked5ecret')
    expect(body.payload).toMatchObject({
      transaction: `GET /api/v1/orgs/${org}/views`,
      level: 'error',
      platform: 'node',
      release: expect.stringMatching(/^mesher@\d/),
      tags: expect.arrayContaining([['kind', 'request']]),
    })
    expect(body.payload.extra.request_id).toBe(answer.headers.get('x-request-id'))
    expect(body.payload.exceptions[0].stacktrace.frames.length).toBeGreaterThan(1)
    expect(text).not.toContain(process.cwd())
  })

  test('many alike become a few events and a number', async () => {
    const before = await reports()
    await pool.query('alter table saved_view rename to saved_view_gone')
    for (let n = 0; n < 30; n++) await ada.get(`/api/v1/orgs/${org}/views?page=issues`)
    await pool.query('alter table saved_view_gone rename to saved_view')
    await until(async () => {
      const now = await reports()
      return now.reported + now.suppressed - before.reported - before.suppressed === 30
    }, 15_000)
    const now = await reports()
    // A minute may have ended in between.
    expect(now.reported - before.reported).toBeLessThanOrEqual(10)
    expect(now.suppressed - before.suppressed).toBeGreaterThanOrEqual(20)
  })

  test('whose event cannot be written cause no further ones, and cost nobody else anything', async () => {
    const project = (await ada.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body
    const send = async (message: string) =>
      (
        await ada.post(
          '/api/v1/events',
          { message },
          { headers: { 'x-mesher-key': new URL(project.dsn).username } },
        )
      ).status
    expect(await send('before')).toBe(202)
    // Class XX: nobody's data, nobody's machine; the writer itself falls over it.
    await pool.query(
      `create function refuse() returns trigger language plpgsql as
         $$ begin raise exception 'this one cannot be written' using errcode = 'XX000'; end $$`,
    )
    await pool.query(
      `create trigger refuse before insert on event for each row when (new.project_id = ${own.id}) execute function refuse()`,
    )
    const before = await reports()
    const faults = ['unarchiver', 'janitor']
    for (const [n, process] of faults.entries()) {
      await crash(process)
      await until(async () => (await reports()).failed === before.failed + n + 1, 20_000)
      expect(await send(`during ${n}`)).toBe(202)
    }
    // The writers fell over them, which was not reported: what was counted is what was injected.
    const { body: system } = await ada.get('/api/v1/system/processes')
    const line = system.tree.children.find(({ id }: { id: string }) => id === 'line')
    const falls = line.children
      .filter(({ id }: { id: string }) => id.startsWith('writer-'))
      .reduce((sum: number, { restarts }: { restarts: number }) => sum + restarts, 0)
    expect(falls).toBeGreaterThanOrEqual(2)
    const { body: stored } = await ada.get(`/api/v1/projects/${project.id}/events`)
    expect(stored.data).toHaveLength(3)
    expect(await reports()).toEqual({ ...before, failed: before.failed + faults.length })
    await pool.query('drop trigger refuse on event')

    // And it goes on.
    await crash('eraser')
    await until(async () => (await reports()).reported === before.reported + 1, 15_000)
  })

  test('are only logged again once it is switched off; the project stays', async () => {
    const { body } = await ada.patch(SWITCH, { on: false })
    expect(body).toEqual({ on: false, project: own })
    expect((await ada.get(`/api/v1/projects/${own.id}`)).status).toBe(200)
    // Deleted, it is none; wanted again, there is a new one.
    const deleted = await ada.request('DELETE', `/api/v1/projects/${own.id}`, {
      body: { confirm: own.slug, name: own.name, slug: own.slug },
    })
    expect(deleted.status).toBeLessThan(300)
    expect((await ada.get(SWITCH)).body).toEqual({ on: false, project: null })
    const again = (await ada.patch(SWITCH, { on: true })).body
    expect(again.project.id).not.toBe(own.id)
  })
})
