// The ingest stream at the built server: what the upgrade answers, an answer for each message, pressure both ways, and
// what is left when a key, a client or the server goes.
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { askForUpgrade, STREAM, StreamClient, textFrame } from '../../support/stream-client.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let pool: pg.Pool
let server: TestServer
let owner: ApiClient

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 3 })
  server = await startServer({ databaseUrl: database.url })
  owner = new ApiClient(server.url)
  await owner.signUp('Owner')
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

const idOf = (uuid: string) => uuid.replaceAll('-', '')
const storedIds = async ({ projectId }: TestProject): Promise<string[]> => {
  const { rows } = await pool.query<{ id: string }>(
    `select replace(event_id::text, '-', '') as id from event where project_id = $1 order by 1`,
    [projectId],
  )
  return rows.map(({ id }) => id)
}
/** By the numbers of shared/schemas/stats.ts: 0 stored, 5 too large, 6 invalid. */
const outcomes = async ({ projectId }: TestProject): Promise<Record<number, number>> => {
  const { rows } = await pool.query<{ outcome: number; n: number }>(
    `select outcome, sum(n)::int as n from outcome_minute where project_id = $1 group by 1`,
    [projectId],
  )
  return Object.fromEntries(rows.map(({ outcome, n }) => [outcome, n]))
}
const setKey = ({ key }: TestProject, values: { active?: boolean; origins?: string[] }) =>
  pool.query(
    `update project_key set active = coalesce($2, active), allowed_origins = coalesce($3, allowed_origins) where public_key = $1`,
    [key, values.active ?? null, values.origins ?? null],
  )

describe('the upgrade', () => {
  let project: TestProject
  beforeAll(async () => {
    project = await insertProject(pool)
  })

  it.each([
    ['no key', 401, 'missing_key', STREAM, {}],
    ['two keys', 401, 'conflicting_key', `${STREAM}?sentry_key=a`, { 'x-mesher-key': 'b' }],
    ['an unknown key', 403, 'unknown_key', STREAM, { 'x-mesher-key': 'f'.repeat(32) }],
    ['no key by its form', 403, 'unknown_key', `${STREAM}?sentry_key=%27--`, {}],
    ['another path', 404, 'not_found', '/api/v1/events', {}],
    ['a path nobody has', 404, 'not_found', '/_ws', {}],
    ['a page', 404, 'not_found', '/', {}],
  ])('INGEST-05: %s → %i %s', async (_what, status, code, path, headers) => {
    const answer = await askForUpgrade(server.port, path, headers as Record<string, string>)
    expect([answer.status, answer.body.error?.code]).toEqual([status, code])
  })

  it('INGEST-05: a key in each place it may be in → 101', async () => {
    const { key } = project
    const answers = await Promise.all([
      askForUpgrade(server.port, STREAM, { authorization: `Bearer ${key}` }),
      askForUpgrade(server.port, STREAM, { 'x-mesher-key': key }),
      askForUpgrade(server.port, `${STREAM}?sentry_key=${key}`),
      askForUpgrade(server.port, `${STREAM}/?sentry_key=${key}`),
    ])
    expect(answers.map(({ status }) => status)).toEqual([101, 101, 101, 101])
    for (const { socket } of answers) socket!.destroy()
  })

  it('INGEST-05: no valid upgrade → 400; none at all → 426; another protocol is only an offer', async () => {
    const headers = { 'x-mesher-key': project.key }
    for (const [name, value] of [
      ['sec-websocket-key', ''],
      ['sec-websocket-version', '7'],
    ] as const) {
      const answer = await askForUpgrade(server.port, STREAM, { ...headers, [name]: value })
      expect([answer.status, answer.body.error?.code]).toEqual([400, 'bad_upgrade'])
    }
    const plain = await fetch(`${server.url}${STREAM}`, { headers })
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket'])
    // As Java's client sends it with every first request.
    const offered = await new Promise<number>((resolve, reject) => {
      const offer = {
        connection: 'Upgrade, HTTP2-Settings',
        upgrade: 'h2c',
        'http2-settings': 'AAMAAABkAAQAoAAA',
      }
      const request = http.request(
        `${server.url}/api/v1/events`,
        { method: 'POST', headers: { ...headers, ...offer } },
        (response) => resolve(response.resume().statusCode!),
      )
      request.on('error', reject)
      request.end('{"message":"from Java"}')
    })
    expect(offered).toBe(202)
  })

  it('INGEST-05: a disabled key, and an origin that the key does not allow → 403', async () => {
    const other = await insertProject(pool)
    await setKey(other, { origins: ['https://shop.example'] })
    const from = (origin: string) => askForUpgrade(server.port, STREAM, { 'x-mesher-key': other.key, origin })
    expect((await from('https://evil.example')).body.error?.code).toBe('origin_not_allowed')
    for (const origin of ['https://shop.example', '']) {
      const { status, socket } = await from(origin)
      expect([origin, status]).toEqual([origin, 101])
      socket!.destroy()
    }
    await setKey(other, { active: false })
    await until(async () => (await from('')).body.error?.code === 'key_disabled', 5_000)
    await until(async () => (await outcomes(other))[7]! >= 2, 10_000)
  })
})

describe('messages', () => {
  it('INGEST-05: each is acknowledged with its ref and id, and committed by then', async () => {
    const project = await insertProject(pool)
    const client = await StreamClient.open(server.port, project.key)
    const mine = randomUUID()
    client.send(0, { message: 'one', event_id: mine })
    const [first] = await client.hear(1)
    expect(first).toEqual({ type: 'ack', ref: 0, id: idOf(mine) })
    expect(await storedIds(project)).toEqual([idOf(mine)])
    // Sent again, as after a broken connection: acknowledged, stored once.
    client.send('again', { message: 'one', event_id: mine })
    client.send('fresh', { message: 'two' })
    const answers = await client.hear(3)
    expect(answers.find(({ ref }) => ref === 'again')).toEqual({ type: 'ack', ref: 'again', id: idOf(mine) })
    expect(new Set(client.acknowledged)).toEqual(new Set(await storedIds(project)))
    client.ws.close(1000)
    expect((await client.closed).code).toBe(1000)
  })

  it('INGEST-05: a bad message is answered by itself, and the socket lives', async () => {
    const project = await insertProject(pool)
    const client = await StreamClient.open(server.port, project.key)
    const bad: [string | Buffer, unknown, string][] = [
      ['{"type":"event","ref":', null, 'invalid_json'],
      ['', null, 'empty_body'],
      ['[1]', null, 'invalid_message'],
      ['7', null, 'invalid_message'],
      ['{"type":"event","event":{"message":"m"}}', null, 'invalid_message'],
      ['{"type":"event","ref":{},"event":{"message":"m"}}', null, 'invalid_message'],
      ['{"type":"event","ref":1e999,"event":{"message":"m"}}', null, 'invalid_message'],
      [`{"type":"event","ref":"${'r'.repeat(201)}","event":{"message":"m"}}`, null, 'invalid_message'],
      ['{"type":"subscribe","ref":"t","event":{"message":"m"}}', 't', 'invalid_message'],
      ['{"type":"event","ref":"n"}', 'n', 'invalid_message'],
      ['{"type":"event","ref":"s","event":"text"}', 's', 'invalid_event'],
      ['{"type":"event","ref":9,"event":{"level":"error"}}', 9, 'invalid_event'],
      [`{"type":"event","ref":"d","event":{"message":"m","extra":${deep(100)}}}`, null, 'too_deep'],
      [Buffer.from('{"type":"event","ref":1,"event":{"message":"m"}}'), null, 'invalid_message'],
    ]
    for (const [text, ref, code] of bad) {
      const before = client.answers.length
      client.raw(text)
      await client.hear(before + 1)
      const answer = client.answers.at(-1)
      expect([answer?.type, answer?.ref, answer?.type === 'error' && answer.error.code]).toEqual([
        'error',
        ref,
        code,
      ])
    }
    client.send('last', { message: 'still here' })
    await client.hear(bad.length + 1)
    expect(client.answers.at(-1)).toMatchObject({ type: 'ack', ref: 'last' })
    await until(async () => {
      const { 0: stored, 6: invalid } = await outcomes(project)
      return stored === 1 && invalid === bad.length
    }, 10_000)
    client.ws.close()
  })

  it('INGEST-05: a message of more than 1 MiB closes its socket with 1009, one of nearly that does not', async () => {
    const project = await insertProject(pool)
    const client = await StreamClient.open(server.port, project.key)
    client.send(1, { message: 'large', extra: { text: 'x'.repeat((1 << 20) - 200) } })
    expect(await client.hear(1)).toMatchObject([{ type: 'ack', ref: 1 }])
    client.send(2, { message: 'too large', extra: { text: 'x'.repeat(2 << 20) } })
    expect((await client.closed).code).toBe(1009)
    await until(async () => (await outcomes(project))[5] === 1, 10_000)
    expect(await storedIds(project)).toEqual(client.acknowledged)
  })
})

describe('rate limits', () => {
  it('INGEST-05 INGEST-04: each message counts; those beyond the limit are told when to come again', async () => {
    const project = await insertProject(pool, { rateLimitPerMinute: 20 })
    const client = await StreamClient.open(server.port, project.key)
    const others = await StreamClient.open(server.port, project.key)
    client.raw('not even JSON')
    for (let ref = 1; ref < 40; ref++) (ref % 2 ? client : others).send(ref, { message: 'so many' })
    await Promise.all([client.hear(21), others.hear(19)])
    const answers = [...client.answers, ...others.answers]
    const refused = answers.flatMap((answer) => (answer.type === 'error' ? [answer.error] : []))
    const limited = refused.filter(({ code }) => code === 'rate_limited')
    // The minute may have ended in between: then there was quota of two.
    expect([20, 0]).toContain(limited.length)
    expect(refused.length - limited.length).toBe(1)
    for (const { retryAfterSeconds, message } of limited) {
      expect(message).toBe('The rate limit of the project is reached')
      expect(retryAfterSeconds).toBeGreaterThan(0)
      expect(retryAfterSeconds).toBeLessThanOrEqual(60)
    }
    expect(await storedIds(project)).toHaveLength(39 - limited.length)
    client.ws.close()
    others.ws.close()
  })
})

describe('pressure', () => {
  const inFlightBytes = async () => {
    const { body } = await owner.get('/api/v1/system/processes')
    return body.intake.inFlightBytes as number
  }

  it('INGEST-05: with 1,000 messages unacknowledged no more are read, until answers leave; all are answered', async () => {
    const project = await insertProject(pool, { rateLimitPerMinute: 0 })
    const client = await StreamClient.open(server.port, project.key)
    const bystander = await StreamClient.open(server.port, project.key)
    const texts = Array.from({ length: 3_500 }, (_, i) =>
      JSON.stringify({
        type: 'event',
        ref: `ref ${10_000 + i}`,
        event: { message: 'waiting', extra: { pad: 'p'.repeat(8_000) } },
      }),
    )
    const locker = await pool.connect()
    try {
      // No batch can commit while somebody holds the table.
      await locker.query('begin; lock table event in access exclusive mode')
      for (const text of texts) client.raw(text)
      await until(async () => (await inFlightBytes()) === 1_000 * texts[0]!.length, 8_000)
      expect(client.answers).toEqual([])
      // Of 28 MB, 8 were read, and no kernel holds the rest: the sender feels it.
      expect(client.ws.bufferedAmount).toBeGreaterThan(2_000_000)
      // Another socket has its own thousand.
      bystander.send('mine', { message: 'me too' })
      await until(async () => (await inFlightBytes()) > 1_000 * texts[0]!.length, 2_000)
      expect(await inFlightBytes()).toBeLessThan(1_001 * texts[0]!.length)
    } finally {
      await locker.query('rollback')
      locker.release()
    }
    await client.hear(texts.length, 30_000)
    await bystander.hear(1)
    expect(client.acknowledged).toHaveLength(texts.length)
    expect(new Set(client.answers.map(({ ref }) => ref)).size).toBe(texts.length)
    expect(await storedIds(project)).toEqual([...client.acknowledged, ...bystander.acknowledged].sort())
    expect(await inFlightBytes()).toBe(0)
    client.ws.close()
    bystander.ws.close()
  })

  it('INGEST-05: who does not read its answers is not read either, and costs nobody else anything', async () => {
    const project = await insertProject(pool, { rateLimitPerMinute: 0 })
    const sent = 100_000
    // Each answer carries the long ref: together they are more than the buffers of any kernel.
    const unreadable = JSON.stringify({ type: 'nothing', ref: 'r'.repeat(200) })
    const { socket } = await askForUpgrade(server.port, STREAM, { 'x-mesher-key': project.key })
    socket!.pause()
    const batch = Buffer.concat(Array.from({ length: 1_000 }, () => textFrame(unreadable)))
    for (let i = 0; i < sent; i += 1_000) socket!.write(batch)
    const judged = async () => (await outcomes(project))[6] ?? 0
    let last = -1
    // It comes to a halt: two looks, longer apart than outcomes take to be written, see the same number.
    await until(async () => {
      const now = await judged()
      await new Promise((resolve) => setTimeout(resolve, 2_500))
      const still = now > 0 && now === last
      last = now
      return still
    }, 40_000)
    expect(last).toBeLessThan(sent)
    // More is out than kernels hold: it is not read and put aside.
    expect(socket!.writableLength).toBeGreaterThan(0)
    const other = await StreamClient.open(server.port, project.key)
    other.send('other', { message: 'is anybody there' })
    expect(await other.hear(1)).toMatchObject([{ type: 'ack', ref: 'other' }])
    other.ws.close()
    // It reads at last, and hears everything.
    let answers = 0
    let tail = ''
    socket!.setEncoding('latin1').on('data', (chunk: string) => {
      const text = tail + chunk
      answers += text.split('"type":"error"').length - 1
      const at = text.lastIndexOf('"type":"error"')
      tail = text.slice(Math.max(at + 1, text.length - 20))
    })
    socket!.resume()
    await until(() => answers === sent, 30_000)
    socket!.destroy()
  }, 120_000)
})

describe('keys that change', () => {
  it('INGEST-05: a disabled key closes its sockets with 1008 within 5 s, even idle ones', async () => {
    const project = await insertProject(pool, { rateLimitPerMinute: 0 })
    const kept = await insertProject(pool, { rateLimitPerMinute: 0 })
    const [idle, busy, other] = await Promise.all([
      StreamClient.open(server.port, project.key),
      StreamClient.open(server.port, project.key),
      StreamClient.open(server.port, kept.key),
    ])
    busy.send(1, { message: 'before' })
    await busy.hear(1)
    await setKey(project, { active: false })
    const began = performance.now()
    expect(await Promise.all([idle.closed, busy.closed])).toEqual([
      { code: 1008, reason: 'The project key is disabled' },
      { code: 1008, reason: 'The project key is disabled' },
    ])
    expect(performance.now() - began).toBeLessThan(5_000)
    other.send(1, { message: 'not mine' })
    expect(await other.hear(1)).toMatchObject([{ type: 'ack' }])
    other.ws.close()
  })

  it('INGEST-05: settings of the project reach sockets that were open before', async () => {
    const project = await insertProject(pool, { rateLimitPerMinute: 0 })
    const client = await StreamClient.open(server.port, project.key)
    await pool.query(`update project set retention_days = 30 where id = $1`, [project.projectId])
    let ref = 0
    await until(async () => {
      client.send(++ref, { message: 'how long' })
      await client.hear(ref)
      const { rows } = await pool.query(
        `select min(expires_on - received_at::date) < 40 as short from event where project_id = $1`,
        [project.projectId],
      )
      return rows[0].short === true
    }, 5_000)
    client.ws.close()
  })
})

describe('the end of a server', () => {
  it('INGEST-05: asked to stop, it acknowledges what it stored, closes with 1001 and exits with 0', async () => {
    const project = await insertProject(pool, { rateLimitPerMinute: 0 })
    const leaving = await startServer({ databaseUrl: database.url })
    const clients = await Promise.all([1, 2, 3].map(() => StreamClient.open(leaving.port, project.key)))
    const idle = await StreamClient.open(leaving.port, project.key)
    for (let i = 0; i < 400; i++) for (const client of clients) client.send(i, { message: `last ${i}` })
    await clients[0]!.hear(1)
    const code = await leaving.stop()
    const closes = await Promise.all([...clients, idle].map(({ closed }) => closed))
    expect(closes.map((close) => close.code)).toEqual([1001, 1001, 1001, 1001])
    expect(code).toBe(0)
    const acknowledged = clients.flatMap((client) => client.acknowledged)
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(await storedIds(project)).toEqual(acknowledged.sort())
  })

  it('INGEST-05 RESIL-01: killed again and again, it loses nothing acknowledged and stores nothing twice', async () => {
    const project = await insertProject(pool, { rateLimitPerMinute: 0 })
    const port = await freedPort()
    const acknowledged = new Set<string>()
    /** Sent and not answered: sent again on the next connection, as a program would. */
    const unsure = new Map<number, string>()
    let ref = 0
    const kills = 4
    for (let round = 0; round <= kills; round++) {
      const victim = await startServer({ databaseUrl: database.url, port })
      const client = await StreamClient.open(port, project.key)
      const sendOne = (n: number, id: string) => client.send(n, { event_id: id, message: 'survivor' })
      for (const [n, id] of unsure) sendOne(n, id)
      let heard = 0
      const settle = () => {
        for (; heard < client.answers.length; heard++) {
          const answer = client.answers[heard]!
          if (answer.type !== 'ack') throw new Error(JSON.stringify(answer))
          acknowledged.add(answer.id)
          unsure.delete(Number(answer.ref))
        }
      }
      if (round < kills) {
        await until(() => {
          settle()
          for (let i = 0; i < 60; i++) {
            const id = randomUUID()
            unsure.set(++ref, id)
            sendOne(ref, id)
          }
          return heard > 100 + 37 * round
        }, 20_000)
        await victim.kill('SIGKILL')
        await client.closed
        settle()
      } else {
        await until(() => {
          settle()
          return unsure.size === 0
        }, 20_000)
        client.ws.close()
        await victim.stop()
      }
    }
    expect(acknowledged.size).toBe(ref)
    expect(await storedIds(project)).toEqual([...acknowledged].sort())
  }, 120_000)
})

function deep(levels: number): string {
  return `${'['.repeat(levels)}${']'.repeat(levels)}`
}

/** One that a server has just had: the next take it over, as after a crash. */
async function freedPort(): Promise<number> {
  const { port, stop } = await startServer({ databaseUrl: database.url })
  await stop()
  return port
}
