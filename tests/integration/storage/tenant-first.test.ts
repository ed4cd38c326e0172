// The schema can be distributed by `project_id` (docs/scaling.md): it stands first in every key of what belongs to a
// project, and every question about such a table names it. What does not is listed here, with the reason.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const STORAGE = path.join(import.meta.dirname, '..', '..', '..', 'server', 'storage')

/** Indexes that begin with something else. */
const INDEXES: Record<string, string> = {
  ...Object.fromEntries(
    [
      ...['alert_cause_created_idx', 'client_report_minute_minute_idx', 'group_user_seen_idx'],
      ...[
        'issue_archive_date_idx',
        'issue_operation_created_idx',
        'outbox_created_idx',
        'rate_window_minute_idx',
      ],
      ...[
        'receipt_received_idx',
        'rule_count_minute_idx',
        'rule_user_minute_idx',
        'outcome_minute_minute_idx',
        'webhook_delivery_created_idx',
      ],
    ].map((name) => [name, 'a sweep over all projects, which may run in each shard by itself']),
  ),
  erasure_pkey: 'a table of the installation: what is being deleted',
  erasure_open_idx: 'the same',
  event_search_idx:
    'words: GIN has no order of columns, and a distributed table is divided by project before',
  issue_search_idx: 'the same',
  issue_assignee_idx: 'a person leaves an organisation: their issues in all its projects',
  outbox_pkey: 'one order of all news, which the announcers of all nodes read',
  outbox_xid_idx: 'the same',
  project_key_public_key_key: 'a key says which project it is of: a table that every shard has whole',
  saved_view_creator_idx: 'a person is deleted: their views in all organisations',
}
/** Statements that name no project. */
const STATEMENTS: Record<string, string> = {
  'client-reports/delete-old-client-reports.ts': 'a sweep',
  'dashboard/count-issue-health.ts':
    'its conditions come from issues/list-issues.ts, which begin with the project',
  'events/find-groups-with.ts': 'the same, from events/list-events.ts',
  'issues/count-issue-tabs.ts': 'the same, from issues/list-issues.ts',
  'issues/issue-row.ts': 'columns only',
  'issues/issue-state.ts': 'columns only',
  'rate-windows/delete-old-windows.ts': 'a sweep',
  'system/delete-expired.ts': 'a sweep',
  'views/delete-view.ts': 'views are the organisation’s',
  'views/mark-view.ts': 'the same',
}

let database: TestDatabase
let pool: pg.Pool
beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 1 })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

async function tenantTables(): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'project_id'
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  )
  return rows.map(({ name }) => name)
}

it('the project, or its organisation, stands first in every index of what belongs to it', async () => {
  const { rows } = await pool.query<{ name: string }>(
    `select i.relname as name
       from pg_index x
       join pg_class i on i.oid = x.indexrelid
       join pg_class t on t.oid = x.indrelid
       join pg_attribute p on p.attrelid = t.oid and p.attname = 'project_id'
       left join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
      where t.relnamespace = 'public'::regnamespace and not t.relispartition
        and coalesce(a.attname, '') not in ('project_id', 'organization_id')
      order by 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(INDEXES).sort())
})

it('every question about what belongs to a project names it', async () => {
  const tables = new RegExp(
    `\\b(?:from|join|into|update)\\s+(?:only\\s+)?(${(await tenantTables()).join('|')})\\b`,
  )
  const files = readdirSync(STORAGE, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('generated'),
  )
  const nameless = files.filter((name) => {
    const text = readFileSync(path.join(STORAGE, name), 'utf8')
    return tables.test(text) && !/\bproject_id\b/.test(text)
  })
  expect(nameless.sort()).toEqual(Object.keys(STATEMENTS).sort())
})
