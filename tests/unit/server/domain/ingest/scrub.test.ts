import { describe, expect, it } from 'vitest'
import { scrub } from '#server/domain/ingest/scrub.ts'
import type { ScrubSettings } from '#server/domain/ingest/scrub.ts'
import type { NormalEvent } from '#shared/schemas/event.ts'
import { normal } from '../samples.ts'

const ON: ScrubSettings = { enabled: true, extraFields: [], dropIpAddresses: false }
const scrubbed = (payload: unknown, settings: Partial<ScrubSettings> = {}): NormalEvent =>
  scrub(normal(payload), { ...ON, ...settings })
const placesOf = (event: NormalEvent): string[] =>
  event.notes.filter((note) => note.kind === 'scrubbed').map((note) => note.path)

const CARD = '4111 1111 1111 1111'
const PEM = '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----'

describe('INGEST-03: secrets under their keys', () => {
  it('are replaced in every part of the event, and each place is noted', () => {
    const secret = { password: 'hunter2' }
    const event = scrubbed({
      extra: { ...secret, nested: { list: [{ apiKey: 'k' }] } },
      contexts: { app: secret },
      tags: { auth_token: 't', browser: 'Chrome' },
      user: { id: 1, secret: 's' },
      request: {
        url: 'https://bob:pw@shop.example/a?token=abc&page=2',
        query_string: 'token=abc&page=2',
        headers: { Authorization: 'Bearer abc', 'X-Api-Key': 'k', Accept: '*/*', Cookie: 'sid=1' },
        cookies: { theme: 'dark' },
        env: { DB_PASSWORD: 'p', PATH: '/bin' },
        data: { user: 'bob', password: 'p', card: CARD },
      },
      breadcrumbs: [
        { message: 'GET https://x/?api_key=abc', data: { url: 'https://x/?session=abc', ...secret } },
      ],
      exception: [
        {
          type: 'E',
          value: 'v',
          mechanism: { data: secret },
          stacktrace: {
            frames: [{ function: 'f', vars: { passwd: "'x'", n: '1', headers: [['Authorization', 'x']] } }],
          },
        },
      ],
    })
    const text = JSON.stringify(event)
    for (const leaked of ['hunter2', 'pw@', 'abc', '"k"', 'sid=1', 'dark', "'x'", '4111'])
      expect(text).not.toContain(leaked)
    expect(event.extra).toEqual({ password: '[Filtered]', nested: { list: [{ apiKey: '[Filtered]' }] } })
    expect(event.request).toMatchObject({
      url: 'https://[Filtered]@shop.example/a?token=[Filtered]&page=2',
      queryString: 'token=[Filtered]&page=2',
      headers: [
        ['Authorization', '[Filtered]'],
        ['X-Api-Key', '[Filtered]'],
        ['Accept', '*/*'],
        ['Cookie', '[Filtered]'],
      ],
      cookies: [['theme', '[Filtered]']],
      env: { DB_PASSWORD: '[Filtered]', PATH: '/bin' },
      data: { user: 'bob', password: '[Filtered]', card: '[Filtered]' },
    })
    expect(event.tags).toEqual([
      ['auth_token', '[Filtered]'],
      ['browser', 'Chrome'],
    ])
    expect(placesOf(event)).toEqual(
      expect.arrayContaining([
        'extra.password',
        'extra.nested.list[0].apiKey',
        'tags.auth_token',
        'request.url',
        'request.headers.Authorization',
        'exception.values[0].stacktrace.frames[0].vars.passwd',
        'breadcrumbs.values[0].data.url',
      ]),
    )
  })

  it('an object under such a key goes as a whole; true, false, null and empty stay', () => {
    const event = scrubbed({
      extra: { credentials: { user: 'a' }, hasPassword: true, password: null, token: '', secret: 5 },
    })
    expect(event.extra).toEqual({
      credentials: '[Filtered]',
      hasPassword: true,
      password: null,
      token: '',
      secret: '[Filtered]',
    })
  })

  it('a request body is searched whatever it is: JSON text, form text, cut-off JSON', () => {
    const data = (sent: unknown): unknown => scrubbed({ request: { data: sent } }).request?.data
    expect(data('{"user":"bob","password":"hun\\"ter2","n":1}')).toBe(
      '{"user":"bob","password":"[Filtered]","n":1}',
    )
    expect(data('user=bob&user%5Bpassword%5D=hunter2&n=1')).toBe('user=bob&user%5Bpassword%5D=[Filtered]&n=1')
    expect(data('{"a":1,"token": {"x":["y"]}, "b":2, "secret":"cut off he')).toBe(
      '{"a":1,"token": "[Filtered]", "b":2, "secret":"[Filtered]"',
    )
    expect(data(['{"pin": 1234}'])).toEqual(['{"pin": "[Filtered]"}'])
    const long = `{"password":"hunter2","text":"${'x'.repeat(9_000)}"}`
    expect(data(long)).not.toContain('hunter2')
  })
})

describe('secrets that show by their form', () => {
  it('card numbers and PEM blocks in any text', () => {
    const event = scrubbed({
      message: `paid with ${CARD}, thanks`,
      exception: [{ type: 'E', value: `key ${PEM} is bad` }],
      extra: { number: 4111111111111111, list: [CARD, 7] },
      breadcrumbs: [{ message: PEM }],
    })
    expect(event.message).toBe('paid with [Filtered], thanks')
    expect(event.exceptions[0]?.value).toBe('key [Filtered] is bad')
    expect(event.extra).toEqual({ number: '[Filtered]', list: ['[Filtered]', 7] })
    expect(event.breadcrumbs[0]?.message).toBe('[Filtered]')
  })

  it('a key pasted into source code, over several lines', () => {
    const frames = [
      { function: 'f', pre_context: ['const key = `-----BEGIN X-----', 'MIIE', '-----END X-----`', 'go()'] },
    ]
    const event = scrubbed({ exception: [{ type: 'E', stacktrace: { frames } }] })
    expect(event.exceptions[0]?.stacktrace?.frames[0]?.preContext).toEqual([
      'const key = `[Filtered]',
      '[Filtered]',
      '[Filtered]',
      'go()',
    ])
  })
})

it('source code keeps its assignments, and loses card numbers', () => {
  const frames = [{ function: 'f', context_line: `const password = form.password; pay('${CARD}')` }]
  const event = scrubbed({ exception: [{ type: 'E', stacktrace: { frames } }] })
  expect(event.exceptions[0]?.stacktrace?.frames[0]?.contextLine).toBe(
    "const password = form.password; pay('[Filtered]')",
  )
})

describe('switches', () => {
  const payload = {
    user: { id: 1, ip_address: '192.0.2.1' },
    request: { headers: { 'X-Forwarded-For': '192.0.2.1' }, env: { REMOTE_ADDR: '192.0.2.1' } },
    extra: { employeeNumber: 'E-77', password: 'x' },
  }

  it('more fields of the project’s own', () => {
    expect(scrubbed(payload, { extraFields: ['employee_number'] }).extra).toEqual({
      employeeNumber: '[Filtered]',
      password: '[Filtered]',
    })
  })

  it('IP addresses are dropped when the project wants it, also with the scrubber off', () => {
    const event = scrubbed(payload, { enabled: false, dropIpAddresses: true })
    expect(JSON.stringify(event)).not.toContain('192.0.2.1')
    expect(event.user).toMatchObject({ id: '1' })
    expect(event.extra).toEqual(payload.extra)
  })

  it('off means off', () => {
    expect(scrubbed(payload, { enabled: false }).extra).toEqual(payload.extra)
  })

  it('notes stay bounded', () => {
    const extra = Object.fromEntries(Array.from({ length: 190 }, (_, i) => [`token${i}`, 'x']))
    const event = scrubbed({ extra })
    expect(event.notes).toHaveLength(100)
    expect(Object.values(event.extra).every((value) => value === '[Filtered]')).toBe(true)
  })

  it('scrubbing twice changes nothing more', () => {
    const once = scrubbed({ ...payload, message: `a ${CARD} password=x "token":"y" Bearer abcdefghijkl123` })
    const before = JSON.stringify(once)
    expect(JSON.stringify(scrub(once, ON))).toBe(before)
  })
})
