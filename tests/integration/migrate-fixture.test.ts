// Databases of released versions (tests/fixtures/<version>/demo.ndjson.br) are migrated and read by this version.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, MIGRATIONS_DIRECTORY } from '../../launcher/migrate.ts'
import { unpackPayload } from '#server/domain/events/payload.ts'
import { createPool } from '#server/storage/database.ts'
import { findEvent } from '#server/storage/events/find-event.ts'
import { findIssue } from '#server/storage/issues/find-issue.ts'
import { normalEvent } from '#shared/schemas/event.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { readFixture, restoreFixture } from '../support/restore-fixture.ts'

const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures')
const files = fs
  .readdirSync(FIXTURES)
  .map((version) => ({ version, file: path.join(FIXTURES, version, 'demo.ndjson.br') }))
  .filter(({ file }) => fs.existsSync(file))

interface EventRow {
  project_id: number
  event_id: string
  expires_on: string
  group_id: number
  title: string
}

it('there is a database of a released version', () => {
  expect(files.length).toBeGreaterThan(0)
})

describe.each(files)('the demo database of $version', ({ file }) => {
  const fixture = readFixture(file)
  const rowsOf = <Row>(table: string) =>
    fixture.tables.find((t) => t.table === table)!.rows.map((row) => JSON.parse(row) as Row)
  let database: TestDatabase
  let pool: ReturnType<typeof createPool>
  let applied: string[]

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true })
    await restoreFixture(database.url, fixture)
    applied = await migrate(database.url)
    pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 30_000 })
  })
  afterAll(async () => {
    await pool?.end()
    await database?.drop()
  })

  it('is migrated by what was added since, and by nothing else', () => {
    const all = fs.readdirSync(MIGRATIONS_DIRECTORY, { withFileTypes: true })
    const names = all.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    expect([...fixture.migrations, ...applied].sort()).toEqual(names.sort())
  })

  it('keeps its accounts, projects, keys, groups, issues and events', async () => {
    for (const table of ['user', 'organization', 'project', 'project_key', 'event_group', 'issue', 'event']) {
      const { rows } = await pool.query<{ n: number }>(`select count(*) as n from "${table}"`)
      expect([table, rows[0]!.n]).toEqual([table, rowsOf(table).length])
    }
  })

  it('has counts that agree with its events', async () => {
    const { rows } = await pool.query<Record<string, number>>(
      `select (select sum(weight) from event)::int as events,
              (select sum(event_count) from issue) as issues,
              (select sum(n) from rollup_project_quarter) as quarters,
              (select sum(n) from rollup_group_hour) as hours`,
    )
    const events = rowsOf('event').length
    expect(rows[0]).toEqual({ events, issues: events, quarters: events, hours: events })
  })

  it('RETAIN-03: knows what is stored, although nobody kept books of it then', async () => {
    const { rows } = await pool.query<Record<string, number>>(
      `select (select count(*) from event) as events, (select sum(octet_length(payload)) from event) as bytes,
              (select sum(events) from stored_day) as of_days, (select sum(bytes) from stored_day) as bytes_of_days,
              (select sum(events) from stored_group) as of_groups, (select sum(bytes) from stored_group) as bytes_of_groups`,
    )
    const { events, bytes } = rows[0]!
    expect(events).toBe(rowsOf('event').length)
    expect(rows[0]).toMatchObject({
      of_days: events,
      of_groups: events,
      bytes_of_days: bytes,
      bytes_of_groups: bytes,
    })
  })

  it('shows an issue with the totals it had', async () => {
    const issues = rowsOf<{
      project_id: number
      issue_id: number
      title: string
      event_count: number
      user_count: number
      status: string
    }>('issue').sort((a, b) => b.event_count - a.event_count)
    for (const status of ['unresolved', 'resolved', 'archived']) {
      const kept = issues.find((issue) => issue.status === status)!
      const issue = await findIssue(pool, kept.project_id, String(kept.issue_id))
      expect(issue).toMatchObject({
        title: kept.title,
        status,
        eventCount: kept.event_count,
        userCount: kept.user_count,
      })
    }
  })

  it('shows every event with its payload', async () => {
    for (const kept of rowsOf<EventRow>('event')) {
      const id = kept.event_id.replaceAll('-', '')
      // By the week it expires in, not by today: the fixture grows older than any retention.
      const event = await findEvent(pool, kept.project_id, id, [kept.expires_on])
      expect(event).toMatchObject({ id, title: kept.title })
      const payload = await unpackPayload(event!.payload)
      expect(normalEvent.safeParse(payload).error).toBeUndefined()
      expect(payload.eventId).toBe(id)
    }
  })

  it('takes new rows behind the old ones', async () => {
    const { rows } = await pool.query<{ next: number }>(`select nextval('issue_id_seq') as next`)
    const known = rowsOf<{ issue_id: number }>('issue').map((row) => row.issue_id)
    expect(rows[0]!.next).toBeGreaterThan(Math.max(...known))
  })
})
