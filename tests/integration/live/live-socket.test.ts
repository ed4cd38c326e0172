// The live socket in front of a real node and database: what is told to whom, in which order, how much of it, and what
// it takes to be told nothing more.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLiveStream } from '#server/http/sockets/live-stream.ts'
import { serveUpgrade } from '#server/http/sockets/upgrade.ts'
import { createPool } from '#server/storage/database.ts'
import { listNewsSince } from '#server/storage/outbox/list-news-since.ts'
import { findOutboxEnd, listOutbox } from '#server/storage/outbox/list-outbox.ts'
import {
  LIVE_RING,
  MAX_LIVE_CATCH_UP,
  MAX_LIVE_EVENTS_PER_SECOND,
  MAX_LIVE_MISTAKES,
  MAX_LIVE_SOCKETS_PER_USER,
  MAX_LIVE_SUBSCRIPTIONS,
  MiB,
} from '#shared/constants/limits.ts'
import { createLiveHub, type PublishedEvent, type PublishedNews } from '#server/streaming/live-hub.ts'
import { setLiveHub } from '#server/streaming/live.ts'
import { positionText } from '#server/streaming/position.ts'
import { LiveClient, type AnswerOf } from '../../support/live-client.ts'
import { insertReader, startLiveNode, type LiveNode } from '../../support/live-node.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { askForUpgrade } from '../../support/stream-client.ts'
import { until } from '../../support/until.ts'

let live: LiveNode
let project: TestProject
let projectId: string
let reader: { userId: string; token: string }

beforeAll(async () => {
  live = await startLiveNode({ tickMs: 1_000, recheckMs: 200 })
}, 60_000)
afterAll(() => live?.stop())
beforeEach(async () => {
  project = await insertProject(live.pool)
  projectId = String(project.projectId)
  reader = await insertReader(live.pool, project.orgId)
})

const connect = async () => live.connect((await insertReader(live.pool, project.orgId)).token)
const say = (message: string, rest: object = {}) => live.send(project.projectId, { message, ...rest })
const works = async (client: LiveClient) => {
  const id = `probe ${Math.random()}`
  expect((await client.subscribe(id, { projectId })).type).toBe('subscribed')
  client.send({ type: 'unsubscribe', id })
  await client.hear(() => client.of('unsubscribed', id).length === 1)
}
const publishedEvent = (n: number, title = `event ${n}`): PublishedEvent => ({
  row: {
    id: n.toString(16).padStart(32, '0'),
    issueId: '1',
    receivedAt: new Date().toISOString(),
    timestamp: new Date().toISOString(),
    level: 'error',
    title,
    message: null,
    environment: 'production',
    release: null,
    tags: {},
    user: null,
    sampled: false,
  },
  platform: 'node',
  transaction: null,
  search: '',
})
const publishedNews = (n: number, filling = ''): PublishedNews => {
  const position = { xid: '9', id: n }
  const message = {
    ...{ type: 'alert', projectId, position: positionText(position, 0), kind: 'alert.test', issueId: null },
    alert: { n, filling },
  }
  return { position, projectId: project.projectId, issueId: null, message }
}

describe('events', () => {
  it('STREAM-01: are told after their commit, as rows of the list, to whom their filters fit', async () => {
    const [errors, chrome] = [await connect(), await connect()]
    await errors.subscribe('errors', {
      projectId,
      filters: { level: ['error', 'fatal'], environment: ['production'] },
    })
    await chrome.subscribe(7, {
      projectId,
      filters: { query: 'browser:Chrome "went wrong"', tags: { browser: 'Chrome' } },
    })
    const id = await say('It went wrong', { tags: { browser: 'Chrome' }, level: 'info' })
    const other = await say('Something else', { level: 'fatal', release: 'web@1' })
    await errors.hear((all) => all.some(({ type }) => type === 'event'))
    await chrome.hear((all) => all.some(({ type }) => type === 'event'))
    const [told] = errors.of('event', 'errors')
    expect(told!.event).toMatchObject({ id: other, level: 'fatal', release: 'web@1', sampled: false })
    expect(chrome.of('event').map(({ id: ref, event }) => [ref, event.id])).toEqual([[7, id]])
    const { rows } = await live.pool.query(
      `select g.issue_id::text as issue, received_at as at from event e join event_group g using (project_id, group_id)
       where e.project_id = $1 and e.event_id = $2`,
      [project.projectId, other],
    )
    expect(told!.event).toMatchObject({ issueId: rows[0].issue, receivedAt: rows[0].at.toISOString() })
  })

  it('STREAM-01: of one issue only, and none at all where only issues are asked for', async () => {
    await say('Known')
    const { rows } = await live.pool.query('select issue_id::text as id from issue where project_id = $1', [
      project.projectId,
    ])
    const client = await connect()
    await client.subscribe('one', { projectId, filters: { issueId: rows[0].id } })
    await client.subscribe('issues', { projectId, events: false })
    const known = await say('Known')
    await say('Unknown until now')
    const created = () =>
      client.of('issue.created').filter(({ issue }) => issue?.title === 'Unknown until now')
    await client.hear(() => created().length > 0)
    expect(created().map(({ id }) => id)).toEqual(['issues'])
    expect(client.of('event').map(({ id, event }) => [id, event.id])).toEqual([['one', known]])
  })

  it('STREAM-01: that were sampled out are told as such', async () => {
    const client = await connect()
    await client.subscribe('all', { projectId, filters: { level: ['info'] } })
    await Promise.all(Array.from({ length: 120 }, () => say('Often', { level: 'error' })))
    await until(async () => {
      const { rows } = await live.pool.query(
        'select event_count as n from group_total where project_id = $1',
        [project.projectId],
      )
      return rows[0]?.n === 120
    }, 10_000)
    for (let i = 0; i < 12; i++)
      await live.send(project.projectId, { message: 'Often', level: 'info' }, 0.000_1)
    await client.hear((all) => all.filter(({ type }) => type === 'event').length === 12)
    expect(client.of('event').filter(({ event }) => event.sampled).length).toBeGreaterThan(10)
  })

  it('STREAM-03: a change of 500 issues at once reaches whoever reads, whole', async () => {
    const client = await connect()
    await client.subscribe('a', { projectId })
    await live.pool.query(
      `insert into outbox (project_id, kind, issue_id, payload)
       select $1, 'issue.updated', n, jsonb_build_object('filling', repeat('x', 300)) from generate_series(1, 500) n`,
      [project.projectId],
    )
    await client.hear(() => client.of('issue.updated').length === 500)
    expect(client.of('dropped')).toEqual([])
  })

  it('STREAM-03: beyond 50 a second of one socket, and while it pauses, are counted and told once a second', async () => {
    const client = await connect()
    await client.subscribe('a', { projectId })
    const events = Array.from({ length: 300 }, (_, n) => publishedEvent(n))
    live.hub.publishEvents(project.projectId, events)
    await client.hear((all) => all.some(({ type }) => type === 'events.skipped'))
    const sent = client.of('event').length
    const skipped = client.of('events.skipped').reduce((sum, { count }) => sum + count, 0)
    expect(sent).toBeLessThanOrEqual(2 * MAX_LIVE_EVENTS_PER_SECOND)
    expect(sent + skipped).toBe(300)
    client.send({ type: 'pause', id: 'a' })
    await works(client)
    live.hub.publishEvents(project.projectId, events.slice(0, 5))
    await client.hear(
      (all) => all.at(-1)?.type === 'events.skipped' && client.of('events.skipped').at(-1)!.count === 5,
    )
    client.send({ type: 'resume', id: 'a' })
    await works(client)
    live.hub.publishEvents(project.projectId, events.slice(0, 1))
    await client.hear(() => client.of('event').length === sent + 1)
  })
})

describe('issues', () => {
  it('STREAM-01: new ones and what becomes of them are told with their row and a position', async () => {
    const client = await connect()
    await client.subscribe('a', { projectId })
    await say('First of its kind')
    await client.hear((all) => all.some(({ type }) => type === 'issue.created'))
    const [created] = client.of('issue.created')
    expect(created!.issue).toMatchObject({
      title: 'First of its kind',
      status: 'unresolved',
      id: created!.issueId,
    })
    await live.pool.query(
      `update issue set status = 'resolved', substatus = null, resolved_at = now() - interval '1 minute' where project_id = $1`,
      [project.projectId],
    )
    await say('First of its kind')
    await client.hear((all) => all.some(({ type }) => type === 'issue.updated'))
    expect(client.of('issue.updated')[0]).toMatchObject({
      kind: 'issue.regressed',
      issue: { status: 'unresolved', substatus: 'regressed' },
    })
  })

  it('STREAM-01: their counts are told at most once a second, as they are in the end', async () => {
    const client = await connect()
    await client.subscribe('a', { projectId })
    const began = performance.now()
    for (let i = 0; i < 40; i++) await say('Counted', { user: { id: String(i % 7) } })
    const last = () => client.of('issue.counts').at(-1)?.issues[0]
    await client.hear(() => last()?.eventCount === 40)
    expect(last()).toMatchObject({ eventCount: 40, userCount: 7, level: 'error' })
    expect(client.of('issue.counts').length).toBeLessThanOrEqual((performance.now() - began) / 1_000 + 2)
  })
})

describe('what was missed', () => {
  it('STREAM-04: is told first after a reconnect, in order, each once', async () => {
    const first = await connect()
    await first.subscribe('a', { projectId, events: false })
    await say('One')
    await first.hear((all) => all.some(({ type }) => type === 'issue.created'))
    const since = first.of('issue.created')[0]!.position
    await first.close()
    await say('Two')
    await say('Three')
    const again = await connect()
    await again.subscribe('a', { projectId, events: false, since })
    await say('Four')
    await again.hear(() => again.of('issue.created').length >= 3)
    const titles = () => again.of('issue.created').map(({ issue }) => issue?.title)
    expect(titles()).toEqual(['Two', 'Three', 'Four'])
    await say('Five')
    await again.hear(() => again.of('issue.created').length >= 4)
    expect(titles()).toEqual(['Two', 'Three', 'Four', 'Five'])
  })

  it('STREAM-04: who comes before the node listens to news waits, and misses nothing of what happens until then', async () => {
    const before = (await connect()).subscribe('a', { projectId, events: false })
    const since = ((await before) as AnswerOf<'subscribed'>).position!
    const starting = createLiveHub((error) => live.complaints.push(String(error)))
    setLiveHub(starting)
    try {
      const client = await connect()
      client.send({ type: 'subscribe', id: 'a', projectId, events: false, since })
      await say('Meanwhile')
      expect(client.answers).toEqual([])
      starting.readTo(await findOutboxEnd(live.pool))
      await client.hear(() => client.of('issue.created').length === 1)
      expect(client.of('issue.created')[0]!.issue).toMatchObject({ title: 'Meanwhile' })
      await client.close()
    } finally {
      setLiveHub(live.hub)
    }
  })

  it('STREAM-04: a subscription whose missed news cannot be read is none: it is asked for again under its name', async () => {
    const client = await connect()
    const { position: since } = (await client.subscribe('a', {
      projectId,
      events: false,
    })) as AnswerOf<'subscribed'>
    client.send({ type: 'unsubscribe', id: 'a' })
    await client.hear(() => client.of('unsubscribed').length === 1)
    await say('Missed')
    const lock = await live.pool.connect()
    try {
      await lock.query('begin')
      await lock.query('lock table outbox in access exclusive mode')
      client.send({ type: 'subscribe', id: 'a', projectId, events: false, since: since! })
      const cut = async () =>
        (
          await live.pool.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock' and query like '%with looked as materialized%'`,
          )
        ).rowCount === 1
      await until(cut, 10_000)
      await client.hear(() => client.of('error', 'a').length === 1)
    } finally {
      await lock.query('rollback')
      lock.release()
    }
    await client.subscribe('a', { projectId, events: false, since: since! })
    await client.hear(() => client.of('issue.created').length === 1)
    expect(client.of('issue.created')[0]!.issue).toMatchObject({ title: 'Missed' })
  })

  it('STREAM-04: a node listens from news that are there, not from a number that a crash would give again', async () => {
    await say('Known')
    const { rows } = await live.pool.query(
      `select xid::text as xid, id from outbox order by outbox.xid desc, id desc limit 1`,
    )
    expect(await findOutboxEnd(live.pool)).toEqual(rows[0])
  })

  it('STREAM-04: of a transaction that commits late is not missed, although later ones were told before it', async () => {
    const news = (n: number): [string, unknown[]] => [
      `insert into outbox (project_id, kind, issue_id, payload) values ($1, 'issue.updated', 1, $2)`,
      [project.projectId, { reason: String(n) }],
    ]
    const others = createPool(live.pool.options.connectionString!, {
      name: 'test',
      max: 2,
      statementTimeoutMs: 10_000,
    })
    const [late, early] = [await others.connect(), await others.connect()]
    try {
      const client = await connect()
      await client.subscribe('a', { projectId })
      await late.query('begin')
      await late.query(...news(1))
      await early.query('begin')
      await early.query(...news(2))
      await early.query('commit')
      // Somebody comes meanwhile, with a position from before.
      const since = client.of('subscribed')[0]!.position!
      const second = await connect()
      await second.subscribe('b', { projectId, since })
      await late.query('commit')
      for (const one of [client, second]) {
        await one.hear(() => one.of('issue.updated').length === 2)
        expect(one.of('issue.updated').map(({ reason }) => reason)).toEqual(['1', '2'])
      }
    } finally {
      late.release()
      early.release()
      await others.end()
    }
  })

  it('STREAM-04: is read in the order of numbers, also where they get a digit more', async () => {
    await live.pool.query(
      `insert into outbox (xid, project_id, kind, issue_id)
       select x::text::xid8, $1, 'issue.updated', 1 from unnest(array[12, 9, 100, 10, 99]) x`,
      [project.projectId],
    )
    const xids = ({ position }: { position: { xid: string } }) => position.xid
    const rows = await listOutbox(live.pool, { xid: '8', id: 0 }, 4)
    expect(rows.map(xids)).toEqual(['9', '10', '12', '99'])
    const again = await listNewsSince(live.pool, { projectId: project.projectId }, { xid: '8', id: 0 }, 10)
    expect(again.rows.map(xids)).toEqual(['9', '10', '12', '99', '100'])
    await live.pool.query('delete from outbox where project_id = $1', [project.projectId])
  })

  it('STREAM-04: is not told when it is too much or too long ago: the page reads its lists anew', async () => {
    const client = await connect()
    const { rows } = await live.pool.query(`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`)
    await client.subscribe('old', { projectId, since: `${rows[0].xid}.0.${Date.now() - 3 * 86_400_000}` })
    await client.hear(() => client.of('reset', 'old').length === 1)
    await live.pool.query(
      `insert into outbox (project_id, kind, issue_id) select $1, 'issue.updated', 1 from generate_series(1, $2)`,
      [project.projectId, MAX_LIVE_CATCH_UP + 1],
    )
    await client.subscribe('much', { projectId, since: `${rows[0].xid}.0.${Date.now()}` })
    await client.hear(() => client.of('reset', 'much').length === 1)
    await client.subscribe('forged', { projectId, since: 'x' })
    expect(client.of('error', 'forged')[0]).toMatchObject({ code: 'invalid_message' })
  })

  it('STREAM-04: is told whole, however much of it there is and however slowly it is read', async () => {
    const { rows } = await live.pool.query(`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`)
    await live.pool.query(
      `insert into outbox (project_id, kind, issue_id, payload)
       select $1, 'issue.updated', 1, jsonb_build_object('reason', n::text) from generate_series(1, $2) n`,
      [project.projectId, MAX_LIVE_CATCH_UP],
    )
    const client = await connect()
    client.send({ type: 'subscribe', id: 'a', projectId, since: `${rows[0].xid}.0.${Date.now()}` })
    client.stopReading()
    await until(() => live.hub.has(project.projectId), 5_000)
    client.readOn()
    await client.hear(() => client.of('issue.updated').length === MAX_LIVE_CATCH_UP)
    expect(client.of('issue.updated').map(({ reason }) => Number(reason))).toEqual(
      Array.from({ length: MAX_LIVE_CATCH_UP }, (_, i) => i + 1),
    )
    expect(client.of('dropped')).toEqual([])
  })
})

describe('alerts', () => {
  it('STREAM-01: of an organisation reach who listens to it, and nobody of another', async () => {
    const other = await insertProject(live.pool)
    const { rows } = await live.pool.query('select id, slug from organization where id = any($1)', [
      [project.orgId, other.orgId],
    ])
    const slugOf = (id: number) => rows.find((row) => row.id === id).slug
    const [ours, theirs] = [
      await live.connect(reader.token),
      await live.connect((await insertReader(live.pool, other.orgId)).token),
    ]
    await ours.subscribe('org', { org: slugOf(project.orgId) })
    await theirs.subscribe('org', { org: slugOf(other.orgId) })
    await theirs.subscribe('foreign', { org: slugOf(project.orgId) })
    expect(theirs.of('error', 'foreign')[0]).toMatchObject({ code: 'not_found' })
    const tell = (id: number, n: number) =>
      live.pool.query(`insert into outbox (project_id, kind, payload) values ($1, 'alert.fired', $2)`, [
        id,
        { n },
      ])
    await tell(project.projectId, 1)
    await tell(other.projectId, 2)
    await ours.hear(() => ours.of('alert').length === 1)
    await theirs.hear(() => theirs.of('alert').length === 1)
    expect(ours.of('alert')[0]).toMatchObject({ id: 'org', kind: 'alert.fired', projectId, alert: { n: 1 } })
    expect(theirs.of('alert')[0]).toMatchObject({ alert: { n: 2 } })
    const since = ours.of('alert')[0]!.position
    await tell(project.projectId, 3)
    await ours.hear(() => ours.of('alert').length === 2)
    await ours.subscribe('again', { org: slugOf(project.orgId), since })
    await ours.hear(() => ours.of('alert', 'again').length === 1)
    expect(ours.of('alert', 'again')[0]).toMatchObject({ alert: { n: 3 } })
  })
})

describe('a slow reader', () => {
  it('STREAM-03: costs the others nothing, holds a ring of messages, and hears how many went', async () => {
    const [slow, quick] = [await connect(), await connect()]
    for (const one of [slow, quick]) await one.subscribe('a', { projectId })
    slow.stopReading()
    // More than the system's own buffers hold, of which there are several MiB.
    const filling = 'x'.repeat(200_000)
    const total = 400
    for (let n = 1; n <= total; n++) {
      live.hub.publishNews(publishedNews(n, filling))
      if (n % 20 === 0) await quick.hear(() => quick.of('alert').length === n)
    }
    expect(quick.of('dropped')).toEqual([])
    slow.readOn()
    const got = () => slow.of('alert').map(({ alert }) => (alert as { n: number }).n)
    await slow.hear(() => got().at(-1) === total)
    const dropped = slow.of('dropped')
    expect(dropped.length).toBe(1)
    expect(got().length + dropped[0]!.count).toBe(total)
    expect(got().slice(-LIVE_RING)).toEqual(
      Array.from({ length: LIVE_RING }, (_, i) => total - LIVE_RING + 1 + i),
    )
    await works(slow)
  }, 60_000)
})

describe('bad input', () => {
  it.each([
    ['no JSON', '{'],
    ['another thing', '"subscribe"'],
    ['an unknown type', '{"type":"shout","id":1}'],
    ['no id', '{"type":"subscribe","projectId":"1"}'],
    ['neither project nor organisation', '{"type":"subscribe","id":1}'],
    ['both', '{"type":"subscribe","id":1,"projectId":"1","org":"x"}'],
    ['a field too many', '{"type":"pause","id":1,"<b>":1}'],
    ['a level that is none', '{"type":"subscribe","id":1,"projectId":"1","filters":{"level":["loud"]}}'],
    ['depth', '['.repeat(1_000)],
  ])('STREAM-05: %s is answered, and nothing of it is repeated', async (_, text) => {
    const client = await live.connect(reader.token)
    client.raw(text)
    await client.hear((all) => all.some(({ type }) => type === 'error'))
    expect(client.of('error')[0]!.code).toMatch(/^(invalid_message|invalid_json|too_deep)$/)
    expect(JSON.stringify(client.answers)).not.toContain('<b>')
    await works(client)
    await client.close()
  })

  it('STREAM-05: hostile searches are refused with their place, and cost nothing', async () => {
    const client = await live.connect(reader.token)
    for (const [i, query] of ['level:loud', '"open', `a:${'*a'.repeat(200)}`, 'is:unresolved'].entries()) {
      const answer = await client.subscribe(i, { projectId, filters: { query } })
      expect(answer).toMatchObject({ type: 'error', code: 'validation_failed', details: [{ path: 'query' }] })
    }
    await works(client)
  })

  it('STREAM-05: twenty of them end the socket', async () => {
    const client = await live.connect(reader.token)
    for (let i = 0; i < MAX_LIVE_MISTAKES; i++) client.raw('nonsense')
    expect((await client.closed).code).toBe(1008)
    expect(client.of('error').length).toBe(MAX_LIVE_MISTAKES)
  })

  it('STREAM-05: 10,000 subscriptions are 20, and the end of the socket', async () => {
    const [greedy, other] = [await live.connect(reader.token), await connect()]
    for (let id = 0; id < 10_000; id++) greedy.send({ type: 'subscribe', id, projectId })
    expect((await greedy.closed).code).toBe(1008)
    expect(greedy.of('subscribed').length).toBe(MAX_LIVE_SUBSCRIPTIONS)
    expect(greedy.of('error')[0]!.code).toBe('too_many_subscriptions')
    await until(() => !live.hub.has(project.projectId), 5_000)
    await works(other)
  })

  it('STREAM-05: a frame of 10 MB is not read', async () => {
    const client = await live.connect(reader.token)
    client.raw('x'.repeat(10 * MiB))
    expect((await client.closed).code).toBe(1009)
  })

  it('STREAM-05: one person has so many sockets', async () => {
    const clients = []
    for (let i = 0; i < MAX_LIVE_SOCKETS_PER_USER; i++) clients.push(await live.connect(reader.token))
    const refused = await askForUpgrade(live.port, '/api/v1/live', {
      authorization: `Bearer ${reader.token}`,
    })
    expect([refused.status, refused.body.error?.code]).toEqual([503, 'overloaded'])
    await clients[0]!.close()
    await until(async () => {
      const { status, socket } = await askForUpgrade(live.port, '/api/v1/live', {
        authorization: `Bearer ${reader.token}`,
      })
      socket?.destroy()
      return status === 101
    }, 5_000)
    for (const client of clients) await client.close()
  })
})

describe('who is not there any more', () => {
  it('STREAM-05: whoever answers no ping is let go, whoever does stays', async () => {
    const door = createLiveStream({ tickMs: 20, timing: { pingMs: 150, closeMs: 150 } })
    const server = http.createServer().on('upgrade', (req, connection, head) => {
      serveUpgrade(door, req, connection, head)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const headers = { authorization: `Bearer ${reader.token}` }
    const [dead, well] = [await LiveClient.open(port, headers), await LiveClient.open(port, headers)]
    const connections = () =>
      new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
    let pings = 0
    well.ws.on('ping', () => pings++)
    dead.stopReading()
    await until(async () => (await connections()) === 1, 10_000)
    const before = pings
    await until(() => pings > before + 3, 10_000)
    await works(well)
    await well.close()
    dead.ws.terminate()
    server.close()
  })
})

describe('who may not any more', () => {
  it('STREAM-05: a member who is removed hears that it is gone, and nothing after that', async () => {
    const client = await live.connect(reader.token)
    await client.subscribe('a', { projectId })
    await live.pool.query('delete from member where user_id = $1', [reader.userId])
    // Its token went with the membership: the socket does too.
    expect((await client.closed).code).toBe(1008)
    expect(live.hub.has(project.projectId)).toBe(false)
  })

  it('STREAM-05: a token that is revoked ends its sockets', async () => {
    const client = await live.connect(reader.token)
    await live.pool.query('delete from api_token where creator_id = $1', [reader.userId])
    expect((await client.closed).code).toBe(1008)
  })

  it('STREAM-05: a project that is deleted while it streams is gone, other subscriptions stay', async () => {
    const client = await live.connect(reader.token)
    const { rows } = await live.pool.query(
      `insert into project (organization_id, slug, name, platform) values ($1, 'second', 'Second', 'node') returning id`,
      [project.orgId],
    )
    await client.subscribe('a', { projectId })
    await client.subscribe('b', { projectId: String(rows[0].id) })
    await live.pool.query('update project set deleting_at = now() where id = $1', [project.projectId])
    await client.hear(() => client.of('gone').length > 0)
    expect(client.of('gone').map(({ id }) => id)).toEqual(['a'])
    live.hub.publishEvents(project.projectId, [publishedEvent(1)])
    live.hub.publishEvents(rows[0].id, [publishedEvent(2)])
    await client.hear(() => client.of('event').length > 0)
    expect(client.of('event').map(({ id }) => id)).toEqual(['b'])
  })

  it('STREAM-05: what is not theirs to see sounds as if it never was', async () => {
    const other = await insertProject(live.pool)
    const client = await live.connect(reader.token)
    const foreign = await client.subscribe(1, { projectId: String(other.projectId) })
    const absent = await client.subscribe(2, { projectId: '987654321' })
    expect(foreign).toMatchObject({ type: 'error', code: 'not_found' })
    expect({ ...absent, id: 1 }).toEqual(foreign)
  })
})

describe('crash isolation', () => {
  it('STREAM-05: an error in the work of one socket ends that one with 1011, and nothing else', async () => {
    const [victim, other] = [await connect(), await connect()]
    await victim.subscribe('victim', { projectId })
    await other.subscribe('other', { projectId })
    const broken = publishedNews(1)
    // Read by the first listener alone, and not there.
    let asked = 0
    Object.defineProperty(broken, 'issueId', {
      get() {
        if (asked++ === 0) throw new Error('boom')
        return null
      },
    })
    live.hub.publishNews(broken)
    expect((await victim.closed).code).toBe(1011)
    await other.hear(() => other.of('alert').length === 1)
    await works(other)
  })

  it('STREAM-05: a filter that throws ends who has it, and nobody else', async () => {
    const [victim, other] = [await connect(), await connect()]
    await victim.subscribe('victim', { projectId, filters: { query: 'word' } })
    await other.subscribe('other', { projectId })
    // No event of ours has such words: what reads them says so.
    live.hub.publishEvents(project.projectId, [{ ...publishedEvent(1), search: "'open''" }])
    expect((await victim.closed).code).toBe(1011)
    await other.hear(() => other.of('event').length === 1)
    await works(other)
  })

  it('STREAM-05: PostgreSQL away for a question is said, and the socket stays', async () => {
    const client = await live.connect(reader.token)
    const query = vi
      .spyOn(live.pool, 'query')
      .mockRejectedValueOnce(Object.assign(new Error('gone'), { code: '57P01' }) as never)
    try {
      const answer = await client.subscribe('a', { projectId })
      // The check of standings may have been the one that met it.
      if (answer.type === 'error') expect(answer.code).toBe('unavailable')
    } finally {
      query.mockRestore()
    }
    await works(client)
  })

  it('STREAM-05: what nobody looks at is not made', async () => {
    const published = vi.spyOn(live.hub, 'publishEvents')
    await say('Nobody looks')
    const client = await connect()
    await client.subscribe('a', { projectId })
    const id = await say('Somebody looks')
    await client.hear(() => client.of('event').length === 1)
    expect(published.mock.calls.flatMap(([, events]) => events.map(({ row }) => row.id))).toEqual([id])
    published.mockRestore()
  })
})
