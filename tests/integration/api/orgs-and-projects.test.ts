// Organisations, projects and keys as their members see them.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { addMember, ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let ada: ApiClient
beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({
    databaseUrl: database.url,
    env: { MESHER_OPEN_SIGNUP: '1', MESHER_PUBLIC_URL: 'https://errors.example.org/mesher' },
  })
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  ada = await signUp('Ada')
})
afterAll(async () => {
  await server.stop()
  await pool.end()
  await database.drop()
})

// The cookie of an https installation is for https alone; this client does not mind.
const signUp = (name: string) => new ApiClient(server.url).signUp(name)

describe('organisations', () => {
  test('ORG-01: an organisation gets a short name of its own, and its maker owns it', async () => {
    const slugs = []
    for (const name of ['Müller & Söhne', 'müller söhne', '!!!', 'Settings', 'x'.repeat(80)]) {
      const { status, body } = await ada.post('/api/v1/orgs', { name })
      expect([status, body.role, body.name]).toEqual([201, 'owner', name])
      slugs.push(body.slug)
    }
    expect(slugs).toEqual(['muller-sohne', 'muller-sohne-2', 'team', 'settings-2', 'x'.repeat(44)])
    const listed = (await ada.get('/api/v1/orgs?limit=100')).body.data.map(
      ({ slug }: { slug: string }) => slug,
    )
    expect(listed).toEqual([...slugs].sort())
    expect((await ada.get('/api/v1/me')).body.orgs).toHaveLength(slugs.length)
  })

  test('ORG-01: a short name that was asked for is taken or not', async () => {
    expect((await ada.post('/api/v1/orgs', { name: 'One', slug: 'mine' })).status).toBe(201)
    for (const slug of ['mine', 'api', 'new', 'sign-in']) {
      const { status, body } = await ada.post('/api/v1/orgs', { name: 'Two', slug })
      expect([status, body.error.code]).toEqual([409, 'slug_taken'])
    }
    for (const slug of ['Mine', '-a', 'a--b', 'ä', '']) {
      expect((await ada.post('/api/v1/orgs', { name: 'Three', slug })).status).toBe(400)
    }
  })

  test('ORG-01: ten organisations of one name at once get ten short names', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ada.post('/api/v1/orgs', { name: 'Rush' })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201))
    expect(new Set(answers.map(({ body }) => body.slug)).size).toBe(10)
  })

  test('a list is read page by page, each row once', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
      const { body } = await ada.get(`/api/v1/orgs?limit=4${query}`)
      expect(body.data.length).toBeLessThanOrEqual(4)
      seen.push(...body.data.map(({ slug }: { slug: string }) => slug))
      cursor = body.nextCursor
    } while (cursor)
    const all = (await ada.get('/api/v1/orgs?limit=100')).body.data.map(({ slug }: { slug: string }) => slug)
    expect(seen).toEqual(all)
    expect(new Set(seen).size).toBe(seen.length)
  })

  test("another person's cursor is worth nothing", async () => {
    const { nextCursor } = (await ada.get('/api/v1/orgs?limit=1')).body
    const eve = await signUp('Eve')
    const { status } = await eve.get(`/api/v1/orgs?limit=1&cursor=${encodeURIComponent(nextCursor)}`)
    expect(status).toBe(400)
  })

  test('ORG-02: a member reads, an admin makes projects and keys, an owner changes the organisation', async () => {
    const { slug } = (await ada.post('/api/v1/orgs', { name: 'Roles' })).body
    const [member, admin] = [await signUp('Mel'), await signUp('Ann')]
    await addMember(pool, { org: slug, userId: member.userId, role: 'member' })
    await addMember(pool, { org: slug, userId: admin.userId, role: 'admin' })
    const make = (who: ApiClient) => who.post(`/api/v1/orgs/${slug}/projects`, { name: 'Web' })
    expect((await make(member)).status).toBe(403)
    const project = (await make(admin)).body
    expect((await member.get(`/api/v1/orgs/${slug}`)).body.role).toBe('member')
    expect((await member.get(`/api/v1/projects/${project.id}`)).body.name).toBe('Web')
    expect((await member.post(`/api/v1/projects/${project.id}/keys`, {})).status).toBe(403)
    expect((await admin.post(`/api/v1/projects/${project.id}/keys`, {})).status).toBe(201)
    expect((await admin.patch(`/api/v1/orgs/${slug}`, { name: 'Mine now' })).status).toBe(403)
    expect((await ada.patch(`/api/v1/orgs/${slug}`, { name: 'Roles, renamed' })).body.name).toBe(
      'Roles, renamed',
    )
    const { data } = (await member.get(`/api/v1/orgs/${slug}/members`)).body
    expect(data.map(({ name, role }: { name: string; role: string }) => [name, role])).toEqual([
      ['Ada', 'owner'],
      ['Mel', 'member'],
      ['Ann', 'admin'],
    ])
    await pool.query(`UPDATE member SET role = 'member' WHERE user_id = $1`, [admin.userId])
    expect((await make(admin)).status).toBe(403)
    await pool.query(`DELETE FROM member WHERE user_id = $1`, [member.userId])
    expect((await member.get(`/api/v1/projects/${project.id}`)).status).toBe(404)
  })

  test('ORG-01: an organisation can be renamed, and not onto another', async () => {
    const { slug } = (await ada.post('/api/v1/orgs', { name: 'Before' })).body
    expect((await ada.patch(`/api/v1/orgs/${slug}`, { slug: 'mine' })).body.error.code).toBe('slug_taken')
    expect((await ada.patch(`/api/v1/orgs/${slug}`, { slug: 'system' })).body.error.code).toBe('slug_taken')
    expect((await ada.patch(`/api/v1/orgs/${slug}`, { slug })).status).toBe(200)
    expect((await ada.patch(`/api/v1/orgs/${slug}`, { slug: 'after' })).body.slug).toBe('after')
    expect((await ada.get(`/api/v1/orgs/${slug}`)).status).toBe(404)
    expect((await ada.get('/api/v1/orgs/after')).status).toBe(200)
  })
})

describe('projects', () => {
  let org: string
  beforeAll(async () => {
    org = (await ada.post('/api/v1/orgs', { name: 'Shop' })).body.slug
  })
  const create = (body: object) => ada.post(`/api/v1/orgs/${org}/projects`, body)

  test('ORG-01: a project comes with a DSN that is made from the public URL', async () => {
    const { status, body } = await create({ name: 'Web shop', platform: 'javascript-vue' })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      orgSlug: org,
      slug: 'web-shop',
      name: 'Web shop',
      platform: 'javascript-vue',
      retentionDays: 90,
      rateLimitPerMinute: 6000,
      firstEventAt: null,
    })
    expect(body.dsn).toMatch(new RegExp(`^https://[0-9a-f]{32}@errors\\.example\\.org/mesher/${body.id}$`))
    const keys = (await ada.get(`/api/v1/projects/${body.id}/keys`)).body.data
    expect(keys).toHaveLength(1)
    expect(keys[0]).toMatchObject({ label: 'Default', active: true, dsn: body.dsn })
    const { rows } = await pool.query(
      `SELECT action, target, actor_id FROM audit_log WHERE action = 'project.created' AND target = $1`,
      [`project:${body.id}`],
    )
    expect(rows).toEqual([{ action: 'project.created', target: `project:${body.id}`, actor_id: ada.userId }])
  })

  test('ORG-01: short names are unique within the organisation only', async () => {
    expect((await create({ name: 'Api', slug: 'api' })).status).toBe(201)
    expect((await create({ name: 'Api', slug: 'api' })).body.error.code).toBe('slug_taken')
    expect((await create({ name: 'Api' })).body.slug).toBe('api-2')
    expect((await create({ name: 'New' })).body.slug).toBe('new-2')
    const other = (await ada.post('/api/v1/orgs', { name: 'Other' })).body.slug
    expect((await ada.post(`/api/v1/orgs/${other}/projects`, { name: 'Api' })).body.slug).toBe('api')
  })

  test('the list has 24 hours and the number of open issues of each project', async () => {
    const { body: busy } = await create({ name: 'Busy' })
    const { body: idle } = await create({ name: 'Idle' })
    await pool.query(
      `DO $$ BEGIN
         EXECUTE format('CREATE TABLE IF NOT EXISTS rollup_test PARTITION OF rollup_project_quarter DEFAULT');
       EXCEPTION WHEN others THEN NULL; END $$`,
    )
    await pool.query(
      `INSERT INTO rollup_project_quarter (project_id, bucket, level, environment, n)
       SELECT $1, date_trunc('hour', now(), 'UTC') - h.ago * interval '1 hour' + h.quarter * interval '15 minutes', 3, 'production', h.n
         FROM (VALUES (0, 0, 5), (1, 0, 2), (1, 3, 1), (23, 0, 7), (24, 3, 100)) AS h (ago, quarter, n)`,
      [busy.id],
    )
    await pool.query(
      `INSERT INTO issue (project_id, title, level, platform, status, first_seen, last_seen)
       SELECT $1, 'Broken', 3, 'node', s.status, now(), now() FROM (VALUES ('unresolved'), ('unresolved'), ('resolved')) s (status)`,
      [busy.id],
    )
    const { data } = (await ada.get(`/api/v1/orgs/${org}/projects?limit=100`)).body
    const row = (id: string) => data.find((project: { id: string }) => project.id === id)
    expect(row(busy.id).hourly).toEqual([7, ...Array(21).fill(0), 3, 5])
    expect(row(busy.id).unresolvedCount).toBe(2)
    expect(row(idle.id)).toMatchObject({ hourly: Array(24).fill(0), unresolvedCount: 0 })
  })

  test('a project can be renamed; its address stays', async () => {
    const { body: project } = await create({ name: 'Old name' })
    const { status, body } = await ada.patch(`/api/v1/projects/${project.id}`, { name: 'New name' })
    expect([status, body.name, body.slug]).toEqual([200, 'New name', 'old-name'])
  })

  test('without an active key there is no DSN; a new key brings one', async () => {
    const { body: project } = await create({ name: 'Keys' })
    const [first] = (await ada.get(`/api/v1/projects/${project.id}/keys`)).body.data
    const off = await ada.patch(`/api/v1/projects/${project.id}/keys/${first.id}`, { active: false })
    expect([off.status, off.body.active]).toEqual([200, false])
    expect((await ada.get(`/api/v1/projects/${project.id}`)).body.dsn).toBeNull()
    const { body: second } = await ada.post(`/api/v1/projects/${project.id}/keys`, { label: 'CI' })
    expect((await ada.get(`/api/v1/projects/${project.id}`)).body.dsn).toBe(second.dsn)
    const { rows } = await pool.query(`SELECT action FROM audit_log WHERE target LIKE $1 ORDER BY id`, [
      `key:${project.id}:%`,
    ])
    expect(rows.map(({ action }) => action)).toEqual(['key.updated', 'key.created'])
  })

  test('ORG-03: a key is not found below another project, own or foreign', async () => {
    const [one, two] = [(await create({ name: 'One' })).body, (await create({ name: 'Two' })).body]
    const [key] = (await ada.get(`/api/v1/projects/${two.id}/keys`)).body.data
    expect((await ada.patch(`/api/v1/projects/${one.id}/keys/${key.id}`, { active: false })).status).toBe(404)
    expect((await ada.get(`/api/v1/projects/${two.id}/keys`)).body.data[0].active).toBe(true)
  })

  test('an id that cannot be one is absent, never an error', async () => {
    for (const id of ['0', '99999999999', '999999999999999999', '-1', 'abc', '1%00', '1e3', '01x']) {
      expect([id, (await ada.get(`/api/v1/projects/${id}`)).status]).toEqual([id, 404])
    }
    for (const slug of ['nope', 'UPPER', '%00', '..%2f', 'a'.repeat(500)]) {
      expect([slug, (await ada.get(`/api/v1/orgs/${slug}`)).status]).toEqual([slug, 404])
    }
  })
})
