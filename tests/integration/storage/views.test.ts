// Saved views on a real PostgreSQL: who sees them, who changes them, how many there can be, and what becomes of them.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { removeMember } from '#server/domain/orgs/members.ts'
import { findMembership } from '#server/domain/orgs/find-membership.ts'
import { createView, deleteView, pageViews, updateView } from '#server/domain/views/views.ts'
import { deleteProjectRows } from '#server/storage/erasing/delete-project-rows.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import type { Role } from '#shared/schemas/org.ts'
import * as schema from '#shared/schemas/view.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { storeUser } from '../../support/stored.ts'

let test: TestDatabase
let database: Database
let orgSlug: string
let project: { id: number }
let ada: string
let bob: string
let owner: string

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url)
  setDatabase(database)
})
afterAll(async () => {
  setDatabase(undefined)
  await database.close()
  await test.drop()
})
const query = async <Row>(text: string, ...values: unknown[]) =>
  (await database.write.query<Row & object>(text, values)).rows as Row[]

async function storeOrg() {
  const slug = `acme-${randomUUID().slice(0, 8)}`
  const [made] = await query<{ id: number; project: number }>(
    `with o as (insert into organization (slug, name) values ($1, $1) returning id),
          p as (insert into project (organization_id, slug, name, platform)
                select id, 'web', 'Web', 'node' from o returning id)
     select o.id, p.id as project from o, p`,
    slug,
  )
  return { slug, id: made!.id, project: { id: made!.project } }
}
async function joined(orgId: number, name: string, role: Role): Promise<string> {
  const id = await storeUser(database.write, name)
  await query(`insert into member (organization_id, user_id, role) values ($1, $2, $3)`, orgId, id, role)
  return id
}
beforeEach(async () => {
  const org = await storeOrg()
  ;({ slug: orgSlug, project } = org)
  owner = await joined(org.id, 'Olga', 'owner')
  ada = await joined(org.id, 'Ada', 'member')
  bob = await joined(org.id, 'Bob', 'member')
})

const orgOf = async (userId: string) => (await findMembership(userId, orgSlug))!.org
const list = async (userId: string, words: Record<string, unknown> = {}) =>
  (await pageViews(userId, await orgOf(userId), schema.listViewsQuery.parse(words))).data
const names = async (userId: string, words: Record<string, unknown> = {}) =>
  (await list(userId, words)).map(({ name }) => name)
const make = async (userId: string, fields: Record<string, unknown> = {}) => {
  const body = { page: 'issues', name: 'Mine', query: { assignee: 'me', q: 'is:new' }, ...fields }
  const view = await createView(userId, await orgOf(userId), schema.createView.parse(body))
  return schema.view.parse(view)
}
const change = async (userId: string, id: string, fields: object) =>
  updateView(userId, await orgOf(userId), id, schema.updateView.parse(fields))
const remove = async (userId: string, id: string) => deleteView(userId, await orgOf(userId), id)

describe('saved views', () => {
  it('LIST-03: one’s own are seen by nobody else, shared ones by all members and by no stranger', async () => {
    const own = await make(ada, { name: 'A own' })
    const shared = await make(ada, { name: 'B shared', shared: true, projectId: String(project.id) })
    expect(own).toMatchObject({ mine: true, shared: false, projectId: null, creator: { name: 'Ada' } })
    expect(await names(ada)).toEqual(['A own', 'B shared'])
    expect(await list(bob)).toEqual([{ ...shared, mine: false }])
    expect(await names(owner)).toEqual(['B shared'])
    expect(await names(ada, { project: 'none' })).toEqual(['A own'])
    expect(await names(ada, { project: String(project.id) })).toEqual(['B shared'])
    expect(await names(ada, { page: 'events' })).toEqual([])
    const first = await pageViews(ada, await orgOf(ada), { limit: 1 })
    const second = await pageViews(ada, await orgOf(ada), { limit: 1, cursor: first.nextCursor! })
    expect([...first.data, ...second.data].map(({ name }) => name)).toEqual(['A own', 'B shared'])

    const elsewhere = await storeOrg()
    const stranger = await joined(elsewhere.id, 'Sven', 'owner')
    orgSlug = elsewhere.slug
    expect(await names(stranger)).toEqual([])
    await expect(change(stranger, shared.id, { name: 'x' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(make(stranger, { projectId: String(project.id) })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('LIST-03: a shared one is changed by its maker or an admin, one’s own by oneself', async () => {
    const own = await make(ada)
    const shared = await make(ada, { shared: true })
    for (const id of [own.id]) {
      await expect(change(bob, id, { name: 'x' })).rejects.toMatchObject({ code: 'not_found' })
      await expect(change(owner, id, { name: 'x' })).rejects.toMatchObject({ code: 'not_found' })
      await expect(remove(owner, id)).rejects.toMatchObject({ code: 'not_found' })
    }
    await expect(change(bob, shared.id, { name: 'x' })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(remove(bob, shared.id)).rejects.toMatchObject({ code: 'forbidden' })
    expect(await change(owner, shared.id, { name: 'Better' })).toMatchObject({ name: 'Better', mine: false })
    await expect(change(owner, shared.id, { shared: false })).rejects.toMatchObject({ code: 'forbidden' })
    expect(await change(ada, shared.id, { query: { level: 'fatal' }, shared: false })).toMatchObject({
      name: 'Better',
      query: { level: 'fatal' },
      shared: false,
    })
    expect(await names(bob)).toEqual([])
    await change(ada, shared.id, { shared: true })
    await remove(owner, shared.id)
    expect(await names(ada)).toEqual(['Mine'])
  })

  it('LIST-03: filters are the words of the page, and nothing else', async () => {
    const bad: object[] = [
      { query: { level: 'worst' } },
      { query: { to: 'https://example.org' } },
      { query: { q: 'is:strange' } },
      { query: { q: 'x'.repeat(501) } },
      { query: { range: 'javascript:alert(1)' } },
      { name: ' ' },
      { page: 'settings' },
      { page: 'events', query: { '//evil': 'x' } },
      { page: 'events', query: { cursor: 'x' } },
      { page: 'events', query: { q: 'level:loud' } },
      { page: 'events', query: { columns: 'time,shoe' } },
    ]
    for (const fields of bad) {
      const body = { page: 'issues', name: 'Mine', query: {}, ...fields }
      expect(schema.createView.safeParse(body).success, JSON.stringify(fields)).toBe(false)
    }
    const view = await make(ada)
    await expect(change(ada, view.id, { query: { level: 'worst' } })).rejects.toMatchObject({
      code: 'validation_failed',
    })
    const events = await make(ada, {
      page: 'events',
      query: { columns: 'user,tag.browser', q: 'release:1.*', range: '7d' },
    })
    expect(await list(ada, { page: 'events' })).toEqual([events])
  })

  it('LIST-03: nobody has more than a hundred, however many are made at once', async () => {
    await query(
      `insert into saved_view (organization_id, creator_id, page, name, query)
       select organization_id, user_id, 'issues', 'v' || i, '{}' from member, generate_series(1, 97) i where user_id = $1`,
      ada,
    )
    const made = await Promise.allSettled(Array.from({ length: 8 }, () => make(ada)))
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    for (const one of made)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'validation_failed' })
    expect((await make(bob)).mine).toBe(true)
  })

  it('LIST-03: who leaves takes the own ones along and leaves the shared ones behind', async () => {
    await make(ada, { name: 'own' })
    const shared = await make(ada, { name: 'shared', shared: true })
    await removeMember(owner, await orgOf(owner), ada)
    expect(await list(bob)).toEqual([expect.objectContaining({ id: shared.id, creator: null, mine: false })])
    expect(await query(`select from saved_view where name = 'own' and creator_id = $1`, ada)).toEqual([])
    await expect(change(bob, shared.id, { name: 'x' })).rejects.toMatchObject({ code: 'forbidden' })
    await remove(owner, shared.id)
    expect(await names(bob)).toEqual([])
  })

  it('LIST-03: they go with their project, and out of sight at once', async () => {
    const view = await make(ada, { projectId: String(project.id), shared: true })
    await make(ada, { name: 'stays' })
    await query(`update project set deleting_at = now() where id = $1`, project.id)
    expect(await names(ada)).toEqual(['stays'])
    await expect(change(ada, view.id, { name: 'x' })).rejects.toMatchObject({ code: 'not_found' })
    let finished = false
    while (!finished)
      ({ finished } = await deleteProjectRows(database.write, {
        projectId: project.id,
        rows: 100,
        events: 100,
      }))
    expect(await query(`select from saved_view where id = $1`, view.id)).toEqual([])
    await query(`delete from organization where slug = $1`, orgSlug)
    expect(await query(`select from saved_view where creator_id = $1`, ada)).toEqual([])
  })
})
