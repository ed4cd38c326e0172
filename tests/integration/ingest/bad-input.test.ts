// Hostile and broken input at the real doors: each gets the stated status with a clear error, and the next request works.
import http from 'node:http'
import { gzipSync, brotliCompressSync, deflateRawSync, deflateSync, zstdCompressSync } from 'node:zlib'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let pool: pg.Pool
let server: TestServer
let project: TestProject
let other: TestProject

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 2 })
  project = await insertProject(pool)
  other = await insertProject(pool)
  server = await startServer({ databaseUrl: database.url })
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

type Answer = {
  status: number
  body: {
    id?: string
    error?: { code: string; message: string; details?: { problems?: { path: string }[] } }
  } & Record<string, unknown>
  headers: http.IncomingHttpHeaders
}

/** By node:http, not fetch: bodies are streamed and cut off as real clients do. */
function post(path: string, body: Buffer | string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${server.url}${path}`,
      { method: 'POST', headers: { 'x-mesher-key': project.key, ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: text ? JSON.parse(text) : {},
          })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
const EVENTS = '/api/v1/events'
const BULK = '/api/v1/events/bulk'
const good = (message = 'still here') => JSON.stringify({ message })

// Whatever a test sent, the door must work afterwards.
afterEach(async () => {
  expect((await post(EVENTS, good())).status).toBe(202)
})

describe('keys', () => {
  it.each([
    ['none at all', 401, 'missing_key', { 'x-mesher-key': '' }],
    ['an unknown one', 403, 'unknown_key', { 'x-mesher-key': 'f'.repeat(32) }],
    ['no key by its form', 403, 'unknown_key', { 'x-mesher-key': "x' or 1=1 --" }],
    ['two that disagree', 401, 'conflicting_key', { authorization: `Bearer ${'e'.repeat(32)}` }],
  ])('INGEST-02: %s → %i %s', async (_what, status, code, headers) => {
    const answer = await post(EVENTS, good(), headers)
    expect([answer.status, answer.body.error?.code]).toEqual([status, code])
  })

  it('INGEST-02: every place a key may be in is read', async () => {
    const bare = { 'x-mesher-key': '' }
    const places = [
      post(EVENTS, good(), { ...bare, authorization: `Bearer ${project.key}` }),
      post(EVENTS, good(), {
        ...bare,
        'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${project.key}, sentry_client=x/1`,
      }),
      post(`${EVENTS}?sentry_key=${project.key}`, good(), bare),
    ]
    expect((await Promise.all(places)).map((a) => a.status)).toEqual([202, 202, 202])
  })

  it("INGEST-02: another project's address → 403, an address without a number → 404", async () => {
    expect((await post(`/api/${other.projectId}/store/`, good())).status).toBe(403)
    expect((await post('/api/none/store/', good())).status).toBe(404)
  })

  it('INGEST-02: a disabled key is refused within 5 s, and works again when it is enabled', async () => {
    const set = (active: boolean) =>
      pool.query(`update project_key set active = $2 where public_key = $1`, [other.key, active])
    const status = async () => (await post(EVENTS, good(), { 'x-mesher-key': other.key })).status
    expect(await status()).toBe(202)
    await set(false)
    await until(async () => (await status()) === 403, 5_000)
    await set(true)
    await until(async () => (await status()) === 202, 5_000)
  })
})

describe('bodies', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  it.each([
    ['an empty body', 400, 'empty_body', '' as string | Buffer, {}],
    ['truncated JSON', 400, 'invalid_json', '{"message":"cut of', {}],
    ['an array where the event belongs', 400, 'invalid_event', '[1,2]', {}],
    ['a number', 400, 'invalid_event', '42', {}],
    ['neither message nor exception', 400, 'invalid_event', '{"level":"error"}', {}],
    ['JSON 10,000 deep', 400, 'too_deep', `{"message":"m","extra":${deep(10_000)}}`, {}],
    [
      'truncated gzip',
      400,
      'bad_encoding',
      gzipSync(good('g'.repeat(2_000))).subarray(0, 30),
      { 'content-encoding': 'gzip' },
    ],
    ['plain text said to be gzip', 400, 'bad_encoding', good(), { 'content-encoding': 'gzip' }],
    ['an encoding nobody knows', 415, 'unsupported_encoding', good(), { 'content-encoding': 'lzma' }],
    ['an event of 2 MiB', 413, 'payload_too_large', good('x'.repeat(2 << 20)), {}],
    ['a gzip that inflates beyond a GiB', 413, 'payload_too_large', bomb(), { 'content-encoding': 'gzip' }],
  ])('INGEST-06: %s → %i %s', async (_what, status, code, body, headers) => {
    const answer = await post(EVENTS, body, headers as Record<string, string>)
    expect([answer.status, answer.body.error?.code]).toEqual([status, code])
    expect(answer.body.error?.message).toMatch(/\w/)
  })

  it('INGEST-06: 2 MiB in chunks without a length → 413, not a broken pipe', async () => {
    const answer = await new Promise<number>((resolve, reject) => {
      const request = http.request(
        `${server.url}${EVENTS}`,
        { method: 'POST', headers: { 'x-mesher-key': project.key, 'transfer-encoding': 'chunked' } },
        (response) => {
          response.resume()
          resolve(response.statusCode!)
        },
      )
      request.on('error', reject)
      for (let i = 0; i < 32; i++) request.write(Buffer.alloc(64 << 10, 0x20))
      request.end()
    })
    expect(answer).toBe(413)
  })

  it.each([
    ['gzip', gzipSync(good())],
    ['deflate', deflateSync(good())],
    ['deflate', deflateRawSync(good())],
    ['br', brotliCompressSync(good())],
    ['zstd', zstdCompressSync(good())],
    ['', Buffer.from(good())],
  ])('INGEST-02: a body in %s is read', async (encoding, body) => {
    expect((await post(EVENTS, body, { 'content-encoding': encoding })).status).toBe(202)
  })

  it('INGEST-03: NUL, lone surrogates, arrays for objects, numbers as strings, year 9999: stored, with notes', async () => {
    const { status, body } = await post(
      EVENTS,
      '{"message":"a\\u0000b \\ud800 c","timestamp":"9999-12-31T23:59:59Z","tags":[1,2],"user":["x"],"level":7,' +
        '"extra":{"n":"1e999","__proto__":{"polluted":true},"big":123456789012345678901234567890},"contexts":[],"release":5}',
    )
    expect(status).toBe(202)
    const { rows } = await pool.query(
      `select title, level, received_at, occurred_at from event where event_id = $1`,
      [body.id],
    )
    expect(rows[0].title).toBe('a\ufffdb \ufffd c')
    expect(Math.abs(rows[0].occurred_at - rows[0].received_at)).toBeLessThan(1_000)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('bulk', () => {
  it('INGEST-02: each event is judged by itself, in order', async () => {
    const { status, body } = await post(
      BULK,
      JSON.stringify([{ message: 'one' }, { nothing: 1 }, 'x', { message: 'two' }]),
    )
    expect(status).toBe(202)
    expect(body).toMatchObject({ accepted: 2, rejected: 2 })
    const results = body.results as { id?: string; error?: { code: string } }[]
    expect(results.map((r) => r.error?.code ?? 'ok')).toEqual(['ok', 'invalid_event', 'invalid_event', 'ok'])
  })

  it('INGEST-02: lines, one of them broken', async () => {
    const { status, body } = await post(BULK, '{"message":"one"}\n{"message":\r\n\n{"message":"two"}', {
      'content-type': 'application/x-ndjson',
    })
    expect([status, body.accepted, body.rejected]).toEqual([202, 2, 1])
  })

  it.each([
    ['nothing', 400, '[]'],
    ['1,001 events', 413, JSON.stringify(Array(1_001).fill({ message: 'm' }))],
    ['no array', 400, '{"message":"m"}'],
    ['only bad ones', 400, '[{},{}]'],
  ])('INGEST-06: %s → %i', async (_what, status, body) => {
    expect((await post(BULK, body)).status).toBe(status)
  })

  it('INGEST-06: 21 MiB → 413, at the length it announces', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'x-mesher-key': project.key, 'content-length': 21 << 20 }
      const request = http.request(`${server.url}${BULK}`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode)
        request.destroy()
      })
      request.on('error', reject)
      // Who goes on writing may see a broken pipe before the answer.
      request.write('["x')
    })
    expect(answer).toBe(413)
  })

  it('INGEST-02: 1,000 events at once are accepted', async () => {
    const { body } = await post(
      BULK,
      JSON.stringify(Array.from({ length: 1_000 }, (_, i) => ({ message: `n ${i}` }))),
    )
    expect(body.accepted).toBe(1_000)
  })
})

describe('Sentry doors', () => {
  const envelope = (path = `/api/${project.projectId}/envelope/`) => path
  it('INGEST-02: key and project in the envelope alone (tunnel)', async () => {
    const dsn = `http://${project.key}@127.0.0.1:${server.port}/${project.projectId}`
    const body = `${JSON.stringify({ dsn })}\n{"type":"event"}\n{"message":"by tunnel"}\n`
    expect((await post(envelope(), body, { 'x-mesher-key': '' })).status).toBe(200)
  })

  it.each([
    ['no envelope', 'garbage', 400],
    ['an item longer than the body', '{}\n{"type":"event","length":99}\n{}', 400],
    ['a header only', '{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}', 200],
    ['only what we do not keep', '{}\n{"type":"session"}\n{}\n', 200],
    [
      'a wrong shape throughout',
      '{}\n{"type":"event"}\n{"exception":7,"tags":3,"user":[],"breadcrumbs":"x","level":{}}\n',
      200,
    ],
  ])('INGEST-06: %s → %s', async (_what, body, status) => {
    expect((await post(envelope(), body)).status).toBe(status)
  })

  it('INGEST-02: browsers may ask from anywhere, and read the rate limits', async () => {
    const answer = await fetch(`${server.url}${envelope()}`, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example' },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-sentry-rate-limits')
  })

  it('INGEST-02: a body as raven-era clients sent it: base64 of zlib', async () => {
    const body = deflateSync(JSON.stringify({ message: 'from the past' })).toString('base64')
    expect((await post(`/api/${project.projectId}/store/`, body)).status).toBe(200)
  })
})

it('RESIL-03: every refusal was counted, none was lost', async () => {
  await until(async () => {
    const { rows } = await pool.query(
      `select outcome, sum(n)::int as n from outcome_minute where project_id = $1 group by 1`,
      [project.projectId],
    )
    const of = (outcome: number) => rows.find((r) => r.outcome === outcome)?.n ?? 0
    const stored = await pool.query(`select count(*)::int as n from event where project_id = $1`, [
      project.projectId,
    ])
    return of(0) === stored.rows[0].n && of(5) >= 4 && of(6) >= 10 && of(7) >= 1
  }, 10_000)
})

/** A gzip of 1 GiB of zeros is a megabyte; of many gzip members of zeros, whatever we like. */
function bomb(): Buffer {
  const member = gzipSync(Buffer.alloc(8 << 20))
  return Buffer.concat(Array.from({ length: 120 }, () => member))
}
