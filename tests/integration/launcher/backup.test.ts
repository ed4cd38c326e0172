// Backup and restore: on a running system under load, and of every table row by row.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createArchive, FORMAT, openArchive } from '../../../scripts/backup/archive.ts'
import { RENUMBERED } from '../../../scripts/backup/transaction-numbers.ts'
import { runningDatabase } from '../../../scripts/demo/connect.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { endAllLaunched, launch, makeDataDirectory } from '../../support/launcher.ts'
import { runMesher } from '../../support/mesher.ts'
import { insertProject } from '../../support/project.ts'
import { readFixture, restoreFixture } from '../../support/restore-fixture.ts'
import { signUp } from '../../support/session.ts'
import { onTinyDisk } from '../../support/tiny-disk.ts'
import { until } from '../../support/until.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const ENTRY = path.join(ROOT, '.output', 'server', 'index.mjs')
const FIXTURE = path.join(ROOT, 'tests', 'fixtures', '0.1.0', 'demo.ndjson.br')

let scratch: string
beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-backup-'))
})
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }))

async function query<Row extends pg.QueryResultRow>(url: string, text: string, values?: unknown[]) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

describe('of a running system', () => {
  const directories: string[] = []
  const newDirectory = () => directories[directories.push(makeDataDirectory()) - 1]!
  afterAll(async () => {
    await endAllLaunched()
    for (const directory of directories) fs.rmSync(directory, { recursive: true, force: true })
  })

  it('OPS-03: holds everything acknowledged before it, comes back into a fresh directory, and goes on from there', async () => {
    const from = newDirectory()
    const first = await launch({ dataDirectory: from, env: { MESHER_SERVER_ENTRY: ENTRY } })
    await first.until('Mesher is running')
    const ada = await signUp(first.url, { email: 'ada@example.org' })
    await ada.post('/api/v1/orgs', { name: 'Acme' })
    const { id, dsn } = (await ada.post('/api/v1/orgs/acme/projects', { name: 'Web', platform: 'node' })) as {
      id: string
      dsn: string
    }
    const project = `/api/v1/projects/${id}`
    expect((await ada.request('PATCH', project, { rateLimitPerMinute: 0 })).status).toBe(200)
    const key = new URL(dsn).username
    const send = (url: string, event: unknown) =>
      fetch(`${url}/api/v1/events`, {
        method: 'POST',
        headers: { 'x-mesher-key': key },
        body: JSON.stringify(event),
      })

    const acknowledged: string[] = []
    let loading = true
    const load = Array.from({ length: 8 }, async (_, worker) => {
      for (let n = 0; loading; n++) {
        const answer = await send(first.url, {
          message: `Broken in room ${'abcdefghijkl'[n % 12]}`,
          user: { id: `${worker}-${n % 50}` },
          extra: { text: 'tabs\tand\nlines\\and \\. and \u0001' },
        })
        expect(answer.status).toBe(202)
        acknowledged.push(((await answer.json()) as { id: string }).id)
      }
    })
    await until(() => acknowledged.length > 1_000, 30_000)
    const before = [...acknowledged]
    const env = { MESHER_DATA_DIR: from }
    const saved = await runMesher(['backup', scratch, '--json'], { env })
    expect(saved).toMatchObject({ code: 0, stderr: '' })
    const during = acknowledged.length
    await until(() => acknowledged.length > during + 300, 30_000)
    loading = false
    await Promise.all(load)
    first.signal('SIGTERM')
    expect(await first.exited).toBe(0)
    expect(during).toBeGreaterThan(before.length)

    const file = saved.json.file as string
    expect(path.basename(file)).toMatch(/^mesher-\d{8}-\d{6}\.backup$/)
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    expect(fs.readdirSync(scratch)).toEqual([path.basename(file)])
    const verified = await runMesher(['backup', 'verify', file, '--json'], { env: {} })
    expect(verified.json).toMatchObject({ whole: true, rows: saved.json.rows, tables: saved.json.tables })

    const to = newDirectory()
    const restored = await runMesher(['restore', file, '--json'], { env: { MESHER_DATA_DIR: to } })
    expect(restored.stderr).not.toContain('Error')
    expect(restored).toMatchObject({ code: 0, json: { rows: saved.json.rows, migrated: [] } })
    const again = await runMesher(['restore', file], { env: { MESHER_DATA_DIR: to } })
    expect(again).toMatchObject({ code: 3, stdout: '' })
    expect(again.stderr).toContain('The database is not empty')

    const second = await launch({ dataDirectory: to, env: { MESHER_SERVER_ENTRY: ENTRY } })
    await second.until('Mesher is running')
    const beside = await runMesher(['restore', file, '--replace'], { env: { MESHER_DATA_DIR: to } })
    expect(beside.code).toBe(4)
    expect(beside.stderr).toContain('already runs')

    const url = runningDatabase(to)!
    const events = new Set(
      (await query<{ id: string }>(url, `select replace(event_id::text, '-', '') as id from event`)).map(
        (r) => r.id,
      ),
    )
    expect(before.filter((eventId) => !events.has(eventId))).toEqual([])
    const known = new Set(acknowledged)
    expect([...events].filter((eventId) => !known.has(eventId))).toEqual([])
    await until(async () => (await query(url, 'select from event_delta limit 1')).length === 0, 10_000)
    const counts = () =>
      query(
        url,
        `select (select count(*)::int from event) as events, (select sum(event_count)::int from issue) as issues,
                (select sum(n)::int from rollup_project_quarter) as quarters, (select sum(events)::int from stored_day) as bytes,
                (select count(*)::int from issue) as different`,
      )
    const n = events.size
    expect(await counts()).toEqual([{ events: n, issues: n, quarters: n, bytes: n, different: 12 }])

    // The session is still one, because the secret came along; the password is still right.
    expect((await fetch(`${second.url}/api/v1/me`, { headers: { cookie: ada.cookie } })).status).toBe(200)
    const signIn = await fetch(`${second.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { origin: second.url, 'content-type': 'application/json' },
      body: JSON.stringify({ email: ada.email, password: 'correct horse battery' }),
    })
    expect(signIn.status).toBe(200)

    // Sequences go on behind what there is; an event that is in the backup stays one.
    expect((await send(second.url, { message: 'Something new' })).status).toBe(202)
    expect((await send(second.url, { event_id: before[0], message: 'Broken in room a' })).status).toBe(202)
    await until(async () => {
      const [now] = await counts()
      return now!.events === n + 1 && now!.issues === n + 1 && now!.different === 13
    }, 10_000)
    const answer = await fetch(`${second.url}/api/v1/orgs/acme/projects`, {
      method: 'POST',
      headers: { cookie: ada.cookie, origin: second.url, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Second', platform: 'node' }),
    })
    expect(answer.status).toBe(201)
    second.signal('SIGTERM')
    expect(await second.exited).toBe(0)
  }, 180_000)
})

describe('of every table', () => {
  const databases: TestDatabase[] = []
  async function emptyDatabase(): Promise<TestDatabase> {
    const database = await createTestDatabase({ empty: true })
    databases.push(database)
    return database
  }
  afterAll(async () => {
    for (const database of databases) await database.drop()
  })
  const backup = async (url: string, name: string) => {
    const file = path.join(scratch, name)
    const saved = await runMesher(['backup', file, '--json'], { env: { DATABASE_URL: url } })
    expect(saved).toMatchObject({ code: 0 })
    return file
  }
  const restore = (url: string, file: string, ...more: string[]) =>
    runMesher(['restore', file, '--json', ...more], { env: { DATABASE_URL: url } })

  /** Every row of every table as text, without what is renumbered. */
  async function contents(url: string): Promise<Record<string, string>> {
    const tables = await query<{ name: string }>(
      url,
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace
         and relkind in ('r', 'p') and not relispartition and relname <> '_prisma_migrations' order by 1`,
    )
    const all: Record<string, string> = {}
    for (const { name } of tables) {
      const left = RENUMBERED.filter((column) => column.startsWith(`${name}.`)).map(
        (column) => column.split('.')[1],
      )
      if (name === 'outbox_reader') left.push('id')
      const [row] = await query<{ sum: string }>(
        url,
        `select count(*) || ' ' || coalesce(md5(string_agg(t, '|' order by t)), '') as sum
           from (select (to_jsonb(x) - $1::text[])::text as t from ${pg.escapeIdentifier(name)} x) s`,
        [left],
      )
      all[name] = row!.sum
    }
    return all
  }
  const schemaOf = (url: string) =>
    query(
      url,
      `select format('%s %s', i.indrelid::regclass, regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX \\S+ ON', 'INDEX ON')) as index
         from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace
         and c.relname !~ '_2\\d{7}$' and i.indisvalid order by 1`,
    )

  it('OPS-03: a released version’s database comes back as it was, and is brought up to date', async () => {
    const old = await emptyDatabase()
    await restoreFixture(old.url, readFixture(FIXTURE))
    const oldFile = await backup(old.url, 'old.backup')

    const target = await emptyDatabase()
    const restored = await restore(target.url, oldFile)
    expect(restored.stderr).not.toContain('rror')
    expect(restored.code).toBe(0)
    const [{ applied }] = (await query<{ applied: number }>(
      old.url,
      'select count(*)::int as applied from _prisma_migrations',
    )) as [{ applied: number }]
    const all = fs.readdirSync(path.join(ROOT, 'prisma', 'migrations'), { withFileTypes: true })
    expect(restored.json.migrated).toHaveLength(all.filter((entry) => entry.isDirectory()).length - applied)

    // The same as the old database migrated where it is.
    const { migrate } = await import('../../../launcher/migrate.ts')
    await migrate(old.url)
    expect(await contents(target.url)).toEqual(await contents(old.url))
    expect(await schemaOf(target.url)).toEqual(await schemaOf(old.url))
    const next = 'select nextval($1::regclass)::int as next'
    expect(await query(target.url, next, ['issue_id_seq'])).toEqual(
      await query(old.url, next, ['issue_id_seq']),
    )

    // Over itself, when told so; without, nothing is touched.
    const newFile = await backup(old.url, 'new.backup')
    expect((await restore(target.url, newFile)).code).toBe(3)
    const replaced = await restore(target.url, newFile, '--replace')
    expect(replaced).toMatchObject({ code: 0, json: { migrated: [] } })
    expect(await contents(target.url)).toEqual(await contents(old.url))
    expect(await schemaOf(target.url)).toEqual(await schemaOf(old.url))
    const doctor = await runMesher('doctor --json', {
      env: { DATABASE_URL: target.url, MESHER_DATA_DIR: scratch },
    })
    const checks = doctor.json.findings as { check: string; state: string }[]
    expect(checks.filter(({ check }) => ['migrations', 'indexes', 'clock'].includes(check))).toEqual([
      expect.objectContaining({ check: 'migrations', state: 'ok' }),
      expect.objectContaining({ check: 'clock', state: 'ok' }),
      expect.objectContaining({ check: 'indexes', state: 'ok' }),
    ])
  }, 120_000)

  it('OPS-03: what readers have read and members have seen is the same on a server that counts transactions anew', async () => {
    const columns = await query<{ name: string }>(
      process.env.MESHER_TEST_URL!.replace(/\/[^/?]*\?/, '/mesher_template?'),
      `select table_name || '.' || column_name as name from information_schema.columns
        where table_schema = 'public' and udt_name in ('xid8', 'pg_snapshot', 'xid')
          and table_name !~ '_2\\d{7}$' order by 1`,
    )
    // A column that is not among them would be restored as it is: see transaction-numbers.ts.
    expect(columns.map(({ name }) => name)).toEqual(RENUMBERED)

    const source = await createTestDatabase()
    databases.push(source)
    const pool = new pg.Pool({ connectionString: source.url, max: 2 })
    const { projectId, orgId } = await insertProject(pool)
    for (const user of ['ada', 'bob', 'eve']) {
      await pool.query(`insert into "user" (id, name, email) values ($1, $1, $1 || '@example.org')`, [user])
      await pool.query(`insert into member (organization_id, user_id, role) values ($1, $2, 'member')`, [
        orgId,
        user,
      ])
    }
    const say = (kind: string) =>
      pool.query(`insert into outbox (project_id, kind) values ($1, $2)`, [projectId, kind])
    const alert = (issue: number) =>
      pool.query(
        `insert into alert (project_id, rule_id, issue_id, trigger, count, rule, cause) values ($1, 1, $2, 'new_issue', 1, '{}', '{}')`,
        [projectId, issue],
      )
    const reads = (name: string) =>
      pool.query(
        `insert into outbox_reader (name, xid, id) values ($1, pg_snapshot_xmin(pg_current_snapshot()), 0)
         on conflict (name) do update set xid = excluded.xid`,
        [name],
      )
    const sees = (user: string) =>
      pool.query(
        `insert into alert_read (organization_id, user_id, snapshot, read_at) values ($1, $2, pg_current_snapshot(), now())`,
        [orgId, user],
      )
    for (const step of [1, 2, 3]) {
      await say(`step-${step}-a`)
      await alert(step * 10)
      if (step === 1) await reads('slow')
      if (step === 2) await reads('alerter')
      if (step === 3) await say('last')
      await sees(['ada', 'bob', 'eve'][step - 1]!)
      await alert(step * 10 + 1)
    }
    await pool.end()

    const unread = `select r.name, array_agg(o.kind order by o.id) as kinds from outbox_reader r
                      join outbox o on (o.xid, o.id) > (r.xid, r.id) group by 1 order by 1`
    const unseen = `select r.user_id, array_agg(a.issue_id::int order by a.issue_id) as issues from alert_read r
                      join alert a on not pg_visible_in_snapshot(a.xid, r.snapshot) group by 1 order by 1`
    const before = [await query(source.url, unread), await query(source.url, unseen)]
    expect(before).toEqual([
      [
        { name: 'alerter', kinds: ['step-3-a', 'last'] },
        { name: 'slow', kinds: ['step-2-a', 'step-3-a', 'last'] },
      ],
      [
        { user_id: 'ada', issues: [11, 20, 21, 30, 31] },
        { user_id: 'bob', issues: [21, 30, 31] },
        { user_id: 'eve', issues: [31] },
      ],
    ])
    const file = await backup(source.url, 'numbers.backup')
    const target = await emptyDatabase()
    expect((await restore(target.url, file)).code).toBe(0)
    expect([await query(target.url, unread), await query(target.url, unseen)]).toEqual(before)
    // Whatever this server does next is later than all of it.
    expect(
      await query(
        target.url,
        `select from outbox where xid > '20'::xid8 union all select from alert where xid > '20'::xid8`,
      ),
    ).toEqual([])
  }, 60_000)

  it('OPS-03: a backup that finds no room says so and leaves nothing', async (context) => {
    const source = await createTestDatabase()
    databases.push(source)
    await query(
      source.url,
      `insert into organization (slug, name) select n::text, string_agg(md5(random()::text), '')
         from generate_series(1, 2000) n, generate_series(1, 40) m group by n`,
    )
    await onTinyDisk(context, 1, async (directory) => {
      const file = path.join(directory, 'x.backup')
      const ran = await runMesher(['backup', file], { env: { DATABASE_URL: source.url } })
      expect(ran).toMatchObject({ code: 3, stdout: '' })
      expect(ran.stderr).toContain('The backup was not written: the disk is full.')
      expect(fs.readdirSync(directory)).toEqual([])
      const nowhere = await runMesher(['backup', path.join(directory, 'no', 'x.backup')], {
        env: { DATABASE_URL: source.url },
      })
      expect(nowhere.stderr).toContain('there is no directory')
    })
  }, 60_000)

  it('OPS-03: a file that was cut off, changed, or made by a newer version is refused, and nothing is touched', async () => {
    const whole = fs.readFileSync(path.join(scratch, 'numbers.backup'))
    const target = await createTestDatabase()
    databases.push(target)
    await query(target.url, `insert into organization (slug, name) values ('mine', 'Mine')`)
    const refused = async (name: string, bytes: Buffer) => {
      const file = path.join(scratch, name)
      fs.writeFileSync(file, bytes)
      const ran = await restore(target.url, file, '--replace')
      expect(ran).toMatchObject({ code: 3, stdout: '' })
      expect(await query(target.url, 'select slug from organization')).toEqual([{ slug: 'mine' }])
      return ran.stderr
    }
    expect(await refused('cut.backup', whole.subarray(0, whole.length - 40))).toMatch(/damaged|too early/)
    const flipped = Buffer.from(whole)
    flipped[Math.floor(flipped.length / 2)]! ^= 0x10
    expect(await refused('flipped.backup', flipped)).toMatch(/damaged|changed/)
    expect(await refused('none.backup', Buffer.from('SELECT 1;\n'))).toContain('no backup of Mesher')
    expect(await refused('empty.backup', Buffer.alloc(0))).toMatch(/too early|unexpected end/)

    // Whole by its own sums, and wrong all the same.
    const { header } = await openArchive(path.join(scratch, 'numbers.backup')).then((archive) => {
      archive.close()
      return archive
    })
    const forged = async (name: string, change: Partial<typeof header>, rows?: string) => {
      const file = path.join(scratch, name)
      const archive = createArchive(file)
      await archive.header({ ...header, ...change })
      if (rows !== undefined) {
        await archive.beginTable('organization', ['id', 'name; drop table event'])
        await archive.block({ rows: 1, bytes: Buffer.from(rows) })
        await archive.endTable()
      }
      await archive.end()
      return refused(name, fs.readFileSync(file))
    }
    expect(await forged('newer-form', { format: FORMAT + 1 })).toContain("a newer Mesher's")
    expect(
      await forged('newer-schema', {
        migrations: [...header.migrations, { name: '29990101000000_future', checksum: 'x' }],
      }),
    ).toContain('does not know its migration 29990101000000_future')
    expect(
      await forged('bound', {
        partitions: [
          { parent: 'event', name: 'p', bound: `FOR VALUES FROM ('1') TO ('2'); drop table issue` },
        ],
      }),
    ).toContain('a partition that cannot be')
    expect(await forged('column', {}, '1\tx\n')).toContain('which this schema has not')
    expect((await restore(target.url, path.join(scratch, 'is-not-there'))).stderr).toContain('ENOENT')
    const onto = await runMesher(['backup', path.join(scratch, 'cut.backup')], {
      env: { DATABASE_URL: target.url },
    })
    expect(onto).toMatchObject({ code: 3 })
    expect(onto.stderr).toContain('is there already')
  }, 60_000)
})
