// Merge, take apart, discard and delete issues through the doors of the built server, and who sees what afterwards.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import type pg from 'pg'
import { ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { storeGroup } from '../../support/stored.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let owner: ApiClient
let base: string
let projectId: number
let foreign: { base: string; issue: string }

interface Made {
  id: string
  shortId: string
  eventId: string
  key: string
}
let serial = 0

async function project(who: ApiClient, name: string) {
  const org = await who.post('/api/v1/orgs', { name })
  const { body } = await who.post(`/api/v1/orgs/${org.body.slug}/projects`, { name: 'Web', platform: 'node' })
  return { base: `/api/v1/projects/${body.id}`, key: new URL(body.dsn).username, id: Number(body.id) }
}
let ours: Awaited<ReturnType<typeof project>>

/** @returns the outcome is 202 whatever becomes of it: the id of the event */
async function send(kind: string, users: readonly string[] = ['ada']): Promise<string> {
  let id = ''
  for (const user of users) {
    const { status, body } = await new ApiClient(server.url).post(
      '/api/v1/events',
      { message: `Trouble with ${kind}`, fingerprint: [kind], user: { id: user } },
      { headers: { authorization: `Bearer ${ours.key}` } },
    )
    expect(status).toBe(202)
    id = body.id
  }
  return id
}

/** An issue of its own, with an event of each user, counted. */
async function make(users: readonly string[] = ['ada']): Promise<Made> {
  const key = `kind-${++serial}`
  const eventId = await send(key, users)
  const { id, shortId } = (await owner.get(`${base}/events/${eventId}`)).body.issueId
    ? (await owner.get(`${base}/issues/${(await owner.get(`${base}/events/${eventId}`)).body.issueId}`)).body
    : { id: '', shortId: '' }
  await counted(id, users.length)
  return { id, shortId, eventId, key }
}
const issue = async (id: string) => (await owner.get(`${base}/issues/${id}`)).body
const counted = (id: string, n: number) => until(async () => (await issue(id)).eventCount === n, 10_000)
const post = (path: string, body: unknown = {}) => owner.post(`${base}${path}`, body)
const remove = (path: string) => owner.request('DELETE', `${base}${path}`)
const codeOf = ({ status, body }: { status: number; body: { error?: { code: string } } }) => [
  status,
  body.error?.code,
]
const NOT_FOUND = [404, 'not_found']
const kinds = async (id: string) =>
  (await owner.get(`${base}/issues/${id}/activity`)).body.data.map(({ kind }: { kind: string }) => kind)
const state = () =>
  pool.query(
    `select issue_id, status, version, event_count, user_count, (select count(*) from event_group g
       where g.project_id = i.project_id and g.issue_id = i.issue_id) as groups
     from issue i order by 1`,
  )

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: 'true' } })
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  owner = await new ApiClient(server.url).signUp('Owner')
  ours = await project(owner, 'Acme')
  base = ours.base
  projectId = ours.id
  const stranger = await new ApiClient(server.url).signUp('Stranger')
  const theirs = await project(stranger, 'Other')
  await new ApiClient(server.url).post(
    '/api/v1/events',
    { message: 'Theirs' },
    { headers: { authorization: `Bearer ${theirs.key}` } },
  )
  foreign = {
    base: theirs.base,
    issue: (await stranger.get(`${theirs.base}/issues`)).body.data[0].id,
  }
})
afterAll(async () => {
  await server.stop()
  await pool.end()
  await database.drop()
})

describe('merging', () => {
  test('ISSUE-05: totals are right at once, users of both count once, links lead to the whole', async () => {
    const [target, a, b] = [await make(['ada', 'bob']), await make(['bob', 'eve']), await make(['eve'])]
    const merged = await post(`/issues/${target.id}/merge`, { ids: [a.shortId, b.id] })
    expect(merged).toMatchObject({ status: 200, body: { id: target.id, eventCount: 5, userCount: 3 } })
    expect(await issue(a.id)).toMatchObject({ id: target.id, eventCount: 5 })
    expect(await issue(b.shortId)).toMatchObject({ id: target.id })
    expect((await owner.get(`${base}/issues/${a.id}/events`)).body.data).toHaveLength(5)
    const listed = (await owner.get(`${base}/issues?limit=100`)).body.data.map((row: Made) => row.id)
    expect(listed).toContain(target.id)
    expect(listed).not.toContain(a.id)
    // Nobody changes what is part of another.
    expect(codeOf(await owner.patch(`${base}/issues/${a.id}`, { status: 'resolved' }))).toEqual(NOT_FOUND)
    expect(codeOf(await post(`/issues/${b.id}/discard`))).toEqual(NOT_FOUND)
    expect(codeOf(await post(`/issues/${b.id}/merge`, { ids: [target.id] }))).toEqual(NOT_FOUND)

    // A known user and a new one, by way of a merged group.
    await send(a.key, ['ada', 'zoe'])
    await counted(target.id, 7)
    expect(await issue(target.id)).toMatchObject({ userCount: 4 })

    const groups = (await owner.get(`${base}/issues/${target.id}/grouping`)).body.data
    expect(groups).toMatchObject([
      { mergedFrom: null, eventCount: 2 },
      { mergedFrom: { id: a.id, shortId: a.shortId, title: `Trouble with ${a.key}` }, eventCount: 4 },
      { mergedFrom: { id: b.id }, eventCount: 1, lastSeen: expect.any(String) },
    ])

    const apart = await post(`/issues/${target.id}/unmerge`, { groupIds: [groups[1].id] })
    expect(apart).toMatchObject({
      status: 200,
      body: {
        issue: { id: target.id, eventCount: 3, userCount: 3 },
        restored: [{ id: a.id, status: 'unresolved', substatus: 'ongoing', eventCount: 4, userCount: 4 }],
      },
    })
    expect(await issue(a.id)).toMatchObject({ id: a.id })
    expect(await kinds(target.id)).toEqual(['unmerged', 'merged', 'created'])
    expect(await kinds(a.id)).toEqual(['unmerged', 'merged', 'created'])
    expect(codeOf(await post(`/issues/${target.id}/unmerge`, { groupIds: [groups[0].id] }))).toEqual([
      400,
      'validation_failed',
    ])
    expect(codeOf(await post(`/issues/${target.id}/unmerge`, { groupIds: [groups[1].id] }))).toEqual(
      NOT_FOUND,
    )
  })

  test('ISSUE-05: what was merged twice remembers where it came from', async () => {
    const [first, second, third] = [await make(), await make(), await make()]
    await post(`/issues/${second.id}/merge`, { ids: [first.id] })
    await post(`/issues/${third.id}/merge`, { ids: [second.id] })
    expect(await issue(first.id)).toMatchObject({ id: third.id, eventCount: 3 })
    const groups = (await owner.get(`${base}/issues/${third.id}/grouping`)).body.data
    const { id } = groups.find((group: { mergedFrom: Made | null }) => group.mergedFrom?.id === first.id)
    const { body } = await post(`/issues/${third.id}/unmerge`, { groupIds: [id] })
    expect(body).toMatchObject({ issue: { eventCount: 2 }, restored: [{ id: first.id, eventCount: 1 }] })
  })

  test('ISSUE-05: with itself, with what is not there, beyond a hundred groups: refused, and nothing has changed', async () => {
    const [target, other] = [await make(), await make()]
    const before = (await state()).rows
    const merge = async (ids: unknown) => codeOf(await post(`/issues/${target.id}/merge`, { ids }))
    expect(await merge([other.id, target.shortId])).toEqual([400, 'validation_failed'])
    expect(await merge([`0${target.id}`])).toEqual([400, 'validation_failed'])
    expect(await merge([other.id, foreign.issue])).toEqual(NOT_FOUND)
    expect(await merge([other.id, '987654321'])).toEqual(NOT_FOUND)
    expect(await merge([other.id, 'nonsense'])).toEqual(NOT_FOUND)
    expect(await merge([])).toEqual([400, 'validation_failed'])
    expect(await merge(Array.from({ length: 51 }, () => other.id))).toEqual([400, 'validation_failed'])
    expect(codeOf(await owner.post(`${base}/issues/${foreign.issue}/merge`, { ids: [other.id] }))).toEqual(
      NOT_FOUND,
    )
    expect(
      codeOf(await owner.post(`${foreign.base}/issues/${foreign.issue}/merge`, { ids: [other.id] })),
    ).toEqual(NOT_FOUND)
    expect((await state()).rows).toEqual(before)
    for (let n = 0; n < 98; n++) await storeGroup(pool, projectId, target.id)
    expect((await post(`/issues/${target.id}/merge`, { ids: [other.id] })).status).toBe(200)
    expect(codeOf(await post(`/issues/${target.id}/merge`, { ids: [(await make()).id] }))).toEqual([
      400,
      'validation_failed',
    ])
  })
})

describe('discarding', () => {
  test('ISSUE-04: hides the issue and its events at once, counts what comes, and can be undone', async () => {
    const made = await make(['ada', 'bob'])
    expect((await post(`/issues/${made.shortId}/discard`)).status).toBe(204)
    expect(codeOf(await post(`/issues/${made.id}/discard`))).toEqual(NOT_FOUND)
    expect(codeOf(await owner.get(`${base}/issues/${made.id}`))).toEqual(NOT_FOUND)
    expect(codeOf(await owner.get(`${base}/events/${made.eventId}`))).toEqual(NOT_FOUND)
    expect(codeOf(await owner.patch(`${base}/issues/${made.id}`, { status: 'resolved' }))).toEqual(NOT_FOUND)
    await expectNoEvents(made)

    await send(made.key, ['ada', 'bob', 'eve'])
    const row = async () => (await owner.get(`${base}/discarded`)).body.data[0]
    await until(async () => (await row()).count === 3, 10_000)
    expect(await row()).toMatchObject({
      id: made.id,
      shortId: made.shortId,
      title: `Trouble with ${made.key}`,
      discardedBy: { id: owner.userId, name: 'Owner' },
      lastSeen: expect.any(String),
    })
    await expectNoEvents(made)

    expect(codeOf(await remove(`/discarded/${foreign.issue}`))).toEqual(NOT_FOUND)
    const back = await remove(`/discarded/${made.id}`)
    expect(back).toMatchObject({
      status: 200,
      body: { id: made.id, status: 'unresolved', substatus: 'ongoing', eventCount: 2, userCount: 2 },
    })
    expect(codeOf(await remove(`/discarded/${made.id}`))).toEqual(NOT_FOUND)
    expect(await kinds(made.id)).toEqual(['restored', 'discarded', 'created'])
    await send(made.key)
    await counted(made.id, 3)
    const { data } = (await owner.get(`${base}/discarded`)).body
    expect(data.map((one: Made) => one.id)).not.toContain(made.id)
  })

  test('ISSUE-04: the list is paged, newest first; a resolved issue that is discarded is not reopened', async () => {
    const made = [await make(), await make(), await make()]
    await owner.patch(`${base}/issues/${made[0]!.id}`, { status: 'resolved' })
    for (const { id } of made) expect((await post(`/issues/${id}/discard`)).status).toBe(204)
    const first = (await owner.get(`${base}/discarded?limit=2`)).body
    const second = (await owner.get(`${base}/discarded?limit=2&cursor=${first.nextCursor}`)).body
    expect([...first.data, ...second.data].map((row: Made) => row.id)).toEqual(
      made.map(({ id }) => id).toReversed(),
    )
    await send(made[0]!.key)
    await until(async () => (await owner.get(`${base}/discarded`)).body.data.at(-1).count === 1, 10_000)
    expect(codeOf(await owner.get(`${base}/issues/${made[0]!.id}`))).toEqual(NOT_FOUND)
    const { rows } = await pool.query(`select status from issue where issue_id = $1`, [made[0]!.id])
    expect(rows).toEqual([{ status: 'discarded' }])
  })
})

test('ISSUE-04: a deleted issue is gone with its events; an event of the same kind makes a new one', async () => {
  const [made, part] = [await make(['ada', 'bob']), await make()]
  await post(`/issues/${made.id}/merge`, { ids: [part.id] })
  expect((await remove(`/issues/${made.shortId}`)).status).toBe(204)
  expect(codeOf(await remove(`/issues/${made.id}`))).toEqual(NOT_FOUND)
  for (const id of [made.id, part.id])
    expect(codeOf(await owner.get(`${base}/issues/${id}`))).toEqual(NOT_FOUND)
  expect(codeOf(await remove(`/issues/${foreign.issue}`))).toEqual(NOT_FOUND)
  for (const one of [made, part]) await expectNoEvents(one)
  const { rows } = await pool.query(
    `select label, events from erasure where project_id = $1 and label like $2 order by events`,
    [projectId, `${made.shortId} %`],
  )
  expect(rows.map(({ events }) => events)).toEqual([1, 2])

  const eventId = await send(made.key)
  const again = (await owner.get(`${base}/events/${eventId}`)).body.issueId
  expect(again).not.toBe(made.id)
  await counted(again, 1)
})

/** In no list, no search and at no address, although they lie there until they are erased. */
async function expectNoEvents({ eventId, key }: Made): Promise<void> {
  expect(codeOf(await owner.get(`${base}/events/${eventId}`))).toEqual(NOT_FOUND)
  for (const query of ['', '?limit=1', '?query=trouble', `?query=${key}`]) {
    const { data } = (await owner.get(`${base}/events${query}`)).body
    expect(data.filter((event: { title: string }) => event.title.endsWith(key))).toEqual([])
  }
}
