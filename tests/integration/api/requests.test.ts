// What every door does before its own work: origins, hosts, content types, limits, methods, and what browsers are told.
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'

let database: TestDatabase
let server: TestServer
let owner: ApiClient
beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({
    databaseUrl: database.url,
    env: { MESHER_PUBLIC_URL: 'http://errors.example.org/base' },
  })
  owner = await new ApiClient(server.url).signUp('Owner')
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})

const createOrg = (headers: Record<string, string | null>) =>
  owner.post('/api/v1/orgs', { name: 'Acme' }, { headers })

describe('requests from other sites', () => {
  test.each([
    ['no origin', null],
    ['another site', 'https://evil.example'],
    ['a sandboxed frame', 'null'],
    ['the right host, another scheme', 'https://errors.example.org'],
    ['the right name, another port', 'http://errors.example.org:8080'],
    ['a name that begins like ours', 'http://errors.example.org.evil.example'],
    ['another port of this machine', 'http://127.0.0.1:1'],
  ])('with a session, %s may change nothing', async (_, origin) => {
    const { status, body } = await createOrg({ origin })
    expect([status, body.error.code]).toEqual([403, 'untrusted_origin'])
  })

  test('the public origin and the loopback address itself may', async () => {
    expect((await createOrg({ origin: 'http://errors.example.org' })).status).toBe(201)
    expect((await createOrg({ origin: server.url })).status).toBe(201)
  })

  test('signing somebody in from another site is refused, too', async () => {
    const { status, body } = await new ApiClient(server.url).post(
      '/api/auth/sign-in/email',
      { email: 'x@example.org', password: 'whatever it is' },
      { headers: { origin: 'https://evil.example' } },
    )
    expect([status, body.error.code]).toEqual([403, 'untrusted_origin'])
  })

  test('a foreign name that points here is refused, with or without a session', async () => {
    const ask = async (host: string, cookie?: string) => {
      const request = http.request(`${server.url}/api/v1/me`, {
        headers: { host, ...(cookie ? { cookie } : {}) },
      })
      request.end()
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      response.resume()
      return response.statusCode
    }
    const cookie = [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    expect(await ask('rebound.evil.example', cookie)).toBe(403)
    expect(await ask('rebound.evil.example')).toBe(403)
    expect(await ask('errors.example.org', cookie)).toBe(200)
    expect(await ask('localhost:1234', cookie)).toBe(200)
    expect(await ask('[::1]:1234', cookie)).toBe(200)
    expect(await ask('127.0.0.1.evil.example', cookie)).toBe(403)
  })
})

describe('bodies', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', null])(
    'content type %s is refused',
    async (type) => {
      const { status, body } = await owner.request('POST', '/api/v1/orgs', {
        raw: Buffer.from('{"name":"Acme"}'),
        headers: { 'content-type': type },
      })
      expect([status, body.error.code]).toEqual([415, 'unsupported_media_type'])
    },
  )

  test.each([
    ['{"name":', 400, 'invalid_json'],
    ['', 400, 'empty_body'],
    ['[]', 400, 'validation_failed'],
    ['null', 400, 'validation_failed'],
    ['{"name":7}', 400, 'validation_failed'],
    ['{"name":"\\u0000"}', 400, 'validation_failed'],
    ['{"__proto__":{"name":"x"}}', 400, 'validation_failed'],
  ])('%s is %i %s', async (raw, status, code) => {
    const answer = await owner.request('POST', '/api/v1/orgs', { raw })
    expect([answer.status, answer.body.error.code]).toEqual([status, code])
  })

  test('more than 256 KiB is 413, announced or not, and the next request works', async () => {
    const raw = JSON.stringify({ name: 'x'.repeat(300 * 1024) })
    const announced = await owner.request('POST', '/api/v1/orgs', { raw })
    expect([announced.status, announced.body.error.code]).toEqual([413, 'payload_too_large'])

    const cookie = [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = http.request(`${server.url}/api/v1/orgs`, {
      method: 'POST',
      headers: { cookie, origin: server.url, 'content-type': 'application/json' },
    })
    request.end(raw) // chunked: no length to see beforehand
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(413)
    expect((await owner.get('/api/v1/me')).status).toBe(200)
  })
})

describe('addresses', () => {
  test('what is not there is 404 in the words of the API', async () => {
    for (const path of ['/api/v1/nothing', '/api/v2', '/api/v1/orgs/acme/nothing']) {
      const { status, body } = await owner.get(path)
      expect([path, status, body.error.code]).toEqual([path, 404, 'not_found'])
    }
  })

  test('a wrong method is 405 and says which are right', async () => {
    const { status, body, headers } = await owner.request('DELETE', '/api/v1/orgs', { body: {} })
    expect([status, body.error.code]).toEqual([405, 'method_not_allowed'])
    expect(headers.get('allow')).toBe('GET, POST')
    const below = await new ApiClient(server.url).request('PUT', '/api/v1/orgs/acme/projects', { body: {} })
    expect([below.status, below.headers.get('allow')]).toEqual([405, 'GET, POST'])
  })

  test('query values outside their bounds are 400', async () => {
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=made-up']) {
      expect([query, (await owner.get(`/api/v1/orgs?${query}`)).status]).toEqual([query, 400])
    }
  })

  test.each(['/', '/api/v1/live', '/api/v1/events/stream', '/anything'])(
    'a socket upgrade at %s is refused',
    async (path) => {
      const socket = net.connect(server.port, '127.0.0.1')
      socket.write(
        `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
          'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      )
      const [answer] = (await once(socket, 'data')) as [Buffer]
      socket.destroy()
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 40[134] /)
    },
  )
})

describe('what browsers are told', () => {
  test('SEC-01: every answer has a request id, a policy, and no name of the software', async () => {
    for (const path of [
      '/api/v1/setup',
      '/api/v1/nothing',
      '/sign-in',
      '/docs/api',
      '/_nuxt/none.js',
      '/favicon.svg',
      '/metrics',
    ]) {
      const { headers } = await new ApiClient(server.url).get(path)
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('same-origin')
      const policy = headers.get('content-security-policy')
      expect([path, policy]).toEqual([path, expect.stringContaining("default-src '")])
      expect(policy).toContain("frame-ancestors 'none'")
      // Without https nothing is said about it.
      expect(headers.get('strict-transport-security')).toBeNull()
      if (path.startsWith('/api/')) continue
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
      for (const feature of ['camera', 'geolocation', 'microphone', 'payment', 'usb'])
        expect(headers.get('permissions-policy')).toContain(`${feature}=()`)
    }
  })

  test('SEC-01: pages take only scripts and styles that carry the nonce of this answer', async () => {
    const nonces = new Set<string>()
    for (let round = 0; round < 2; round++) {
      const { body, headers } = await new ApiClient(server.url).get('/sign-in')
      const policy = headers.get('content-security-policy') ?? ''
      const nonce = /script-src 'nonce-([^']+)' 'strict-dynamic'(;|$)/.exec(policy)?.[1] ?? ''
      expect(nonce).toHaveLength(24)
      expect(policy).toContain(`; style-src 'self' 'nonce-${nonce}'; style-src-attr 'unsafe-inline';`)
      expect(policy).toContain("object-src 'none'")
      expect(policy).toContain("base-uri 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/https?:|\*|unsafe-eval/)
      const scripts = [...(body as string).matchAll(/<script[^>]*>/g)].map(([tag]) => tag)
      expect(scripts.length).toBeGreaterThan(0)
      const styles = [...(body as string).matchAll(/<style[^>]*>/g)].map(([tag]) => tag)
      expect(styles.length).toBeGreaterThan(0)
      for (const tag of [...scripts, ...styles]) expect(tag).toContain(`nonce="${nonce}"`)
      nonces.add(nonce)
    }
    expect(nonces.size).toBe(2)
  })

  test('answers of the API are kept by nobody and can do nothing', async () => {
    const { headers } = await owner.get('/api/v1/me')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

describe('the description of the API', () => {
  test('is OpenAPI 3.1 made from the doors', async () => {
    const { body } = await new ApiClient(server.url).get('/api/v1/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    expect(body.servers).toEqual([{ url: 'http://errors.example.org/base' }])
    const post = body.paths['/api/v1/orgs/{org}/projects'].post
    expect(post.requestBody.content['application/json'].schema).toMatchObject({
      type: 'object',
      properties: { name: { type: 'string', maxLength: 80 }, platform: { type: 'string', default: 'other' } },
      required: ['name'],
    })
    expect(Object.keys(post.responses)).toEqual(['201', 'default'])
    const list = body.paths['/api/v1/orgs'].get
    expect(list.parameters.map(({ name }: { name: string }) => name)).toEqual(['cursor', 'limit'])
    expect(body.paths['/api/v1/events'].post.security).toEqual([{ dsnKey: [] }, { dsnKeyHeader: [] }])
  })

  test('can be read as a page that runs nothing', async () => {
    const { status, body, headers } = await new ApiClient(server.url).get('/docs/api')
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(body).toContain('<code>/api/v1/orgs/{org}/projects</code>')
    expect(body).not.toContain('<script')
    expect(body).not.toMatch(/(src|href)="https?:/)
  })
})
