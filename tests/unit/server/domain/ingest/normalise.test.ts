import { describe, expect, it } from 'vitest'
import { DomainError } from '#server/domain/errors.ts'
import { normaliseOwn, normaliseSentry, parseEventId } from '#server/domain/ingest/normalise.ts'
import { TRIM } from '#shared/constants/limits.ts'
import { normalEvent } from '#shared/schemas/event.ts'
import { RECEIVED_AT, allSamples, normal, sampleOf } from '../samples.ts'

const notesOf = (event: { notes: { path: string; kind: string }[] }): string[] =>
  event.notes.map((note) => `${note.kind} ${note.path}`)

describe('every sample', () => {
  it.each(allSamples().map(({ name, payload }) => [name, payload] as const))(
    'INGEST-02: %s is understood',
    (_name, payload) => {
      const event = normal(payload)
      expect(() => normalEvent.parse(event)).not.toThrow()
      expect(event.exceptions.length > 0 || event.message !== undefined).toBe(true)
    },
  )
})

describe('forms of a field', () => {
  it('takes exception as {values}, list and single object; nulls are skipped', () => {
    const one = { type: 'E', value: 'v' }
    for (const exception of [
      { values: [one] },
      [one],
      one,
      { values: [null, one] },
      [null, one],
      { values: one },
    ]) {
      expect(normal({ exception }).exceptions).toMatchObject([one])
    }
    expect(normal({ exception: { values: null } }).exceptions).toEqual([])
    expect(normal({ exception: [] }).exceptions).toEqual([])
  })

  it('INGEST-03: puts how a chain was caught on what was thrown, where old JavaScript SDKs put it on the cause', () => {
    const caught = (cause: object, thrown: object) =>
      normal({
        exception: {
          values: [
            { type: 'Cause', mechanism: { exception_id: 1, parent_id: 0, source: 'cause', ...cause } },
            { type: 'Thrown', mechanism: { exception_id: 0, ...thrown } },
          ],
        },
      }).exceptions.map(({ mechanism }) => [mechanism?.type, mechanism?.handled, mechanism?.data])
    const assumed = { type: 'generic', handled: true }
    const chained = { type: 'chained', handled: true }
    const uncaught = { type: 'onuncaughtexception', handled: false, data: { origin: 'timer' } }
    const right = [
      ['chained', true, undefined],
      ['onuncaughtexception', false, { origin: 'timer' }],
    ]
    // @sentry/node 7 to 10, then 11.
    expect(caught(uncaught, assumed)).toEqual(right)
    expect(caught(chained, uncaught)).toEqual(right)
    // Nothing contradicts itself here: it stays as it was sent.
    expect(caught(assumed, assumed)).toEqual([
      ['generic', true, undefined],
      ['generic', true, undefined],
    ])
    expect(caught(uncaught, uncaught)).toEqual([right[1], right[1]])
  })

  it('takes legacy names', () => {
    const event = normal({
      'sentry.interfaces.Exception': { values: [{ type: 'E' }] },
      'sentry.interfaces.Message': { message: 'hi %s', params: ['you'] },
      'sentry.interfaces.User': { id: 7 },
      'sentry.interfaces.Http': { url: 'http://x/' },
      'sentry.interfaces.Stacktrace': { frames: [{ function: 'f' }] },
      culprit: 'mod in f',
      site: 'shop',
      checksum: 'abc',
    })
    expect(event).toMatchObject({
      message: 'hi you',
      messageTemplate: 'hi %s',
      user: { id: '7' },
      request: { url: 'http://x/' },
      transaction: 'mod in f',
      tags: [['site', 'shop']],
      fingerprint: ['abc'],
    })
    expect(event.exceptions[0]?.stacktrace?.frames[0]?.function).toBe('f')
  })

  it('reads messages and log entries', () => {
    expect(normal({ message: 'plain' })).toMatchObject({ message: 'plain', messageTemplate: undefined })
    expect(normal({ message: { message: 'a {x}', params: { x: 1 }, formatted: 'a 1' } })).toMatchObject({
      message: 'a 1',
      messageTemplate: 'a {x}',
    })
    expect(normal({ logentry: 'text' }).message).toBe('text')
    expect(normal({ logentry: { message: '%d of %(n)s %%', params: { n: 2 } } }).message).toBe('%d of 2 %')
    expect(normal({ logentry: { message: '{} and {1}', params: ['a', 'b'] } }).message).toBe('a and b')
    expect(normal({ message: '', exception: [{ type: 'E' }] }).message).toBeUndefined()
    expect(normal({ message: 'from message', logentry: { message: '' } }).message).toBe('from message')
  })

  it('an exception without a type that is synthetic is a message event', () => {
    const event = normal({ exception: [{ value: 'said', mechanism: { type: 'generic', synthetic: true } }] })
    expect(event.message).toBe('said')
  })

  it.each([
    ['log', 'info'],
    ['critical', 'fatal'],
    ['warn', 'warning'],
    ['WARNING', 'warning'],
    [40, 'error'],
    [undefined, 'error'],
    [null, 'error'],
  ])('level %j → %s', (level, expected) => {
    expect(normal({ message: 'x', level })).toMatchObject({ level: expected, notes: [] })
  })

  it('an unknown level is error, with a note', () => {
    const event = normal({ message: 'x', level: 'catastrophic' })
    expect(event.level).toBe('error')
    expect(notesOf(event)).toEqual(['replaced level'])
  })

  it('reads tags as dictionary, pairs and {key, value}', () => {
    expect(normal({ tags: { a: true, b: 3, c: null, d: ' x\ny ' } }).tags).toEqual([
      ['a', 'true'],
      ['b', '3'],
      ['d', 'x y'],
    ])
    expect(normal({ tags: [['a', 1], null, ['b', null], { key: 'c', value: 'd' }, ['a', 2]] }).tags).toEqual([
      ['a', '2'],
      ['c', 'd'],
    ])
    expect(normal({ tags: { 'my key!': 'v' } }).tags).toEqual([['my-key-', 'v']])
  })

  it('reads the request in all its forms', () => {
    expect(
      normal({
        request: {
          url: 'http://x/?a=1',
          method: 'post',
          headers: { Accept: ['a', 'b'], Host: 'x' },
          cookies: 'a=1; b=2',
          query_string: [['q', 'a b']],
        },
      }).request,
    ).toMatchObject({
      method: 'POST',
      headers: [
        ['Accept', 'a, b'],
        ['Host', 'x'],
      ],
      cookies: [
        ['a', '1'],
        ['b', '2'],
      ],
      queryString: 'q=a%20b',
    })
  })

  it('puts the address of the connection where the SDK asks for it', () => {
    const payload = { user: { id: 1, ip_address: '{{auto}}', plan: 'pro', geo: { city: 'X' } } }
    expect(normal(payload, { peerAddress: '192.0.2.7' }).user).toMatchObject({
      id: '1',
      ipAddress: '192.0.2.7',
      data: { plan: 'pro', geo: { city: 'X' } },
    })
    expect(normal(payload).user?.ipAddress).toBeUndefined()
  })

  it('keeps the fingerprints Relay would make', () => {
    expect(normal({ fingerprint: ['a', 3.5, true, null, {}, 7] }).fingerprint).toEqual([
      'a',
      '3',
      'True',
      '7',
    ])
    expect(normal({ fingerprint: [] }).fingerprint).toBeUndefined()
    expect(normal({ fingerprint: {} }).fingerprint).toBeUndefined()
  })

  it('the envelope’s event id wins; bad ids are replaced', () => {
    const sent = 'F0E1D2C3-B4A5-9687-7869-5A4B3C2D1E0F'
    expect(normal({ event_id: sent }).eventId).toBe('f0e1d2c3b4a5968778695a4b3c2d1e0f')
    expect(normal({ event_id: sent }, { eventId: 'a'.repeat(32) }).eventId).toBe('a'.repeat(32))
    for (const id of ['x', 7, {}, '0'.repeat(32), 'a'.repeat(10_000)]) {
      const event = normal({ event_id: id })
      expect(event.eventId).toMatch(/^[0-9a-f]{32}$/)
      expect(notesOf(event)).toEqual(['replaced event_id'])
    }
    expect(parseEventId(`{${sent}}`)).toBe('f0e1d2c3b4a5968778695a4b3c2d1e0f')
  })

  it('shifts all times when sent_at shows a wrong clock', () => {
    const event = normal(
      { timestamp: '2026-11-23T07:39:00Z', breadcrumbs: [{ timestamp: '2026-11-23T07:38:00Z' }] },
      { sentAt: '2026-11-23T07:40:00Z' },
    )
    expect(event.timestamp).toBe('2026-11-23T09:39:00.000Z')
    expect(event.breadcrumbs[0]?.timestamp).toBe('2026-11-23T09:38:00.000Z')
    expect(notesOf(event)).toEqual(['replaced timestamp'])
  })

  it('decides in_app where the SDK did not', () => {
    const frames = [
      { filename: '/srv/app/a.js' },
      { filename: '/srv/node_modules/x/b.js' },
      { filename: 'node:fs' },
    ]
    const event = normal({ platform: 'node', exception: [{ type: 'E', stacktrace: { frames } }] })
    expect(event.exceptions[0]?.stacktrace?.frames.map((frame) => frame.inApp)).toEqual([true, false, false])
  })

  it('environment is production when absent or blank', () => {
    expect(normal({ message: 'x' }).environment).toBe('production')
    expect(normal({ message: 'x', environment: '  ' }).environment).toBe('production')
  })
})

describe('wrong types', () => {
  it('INGEST-03: a field of a wrong type is dropped with a note, the event stays', () => {
    const event = normal({
      message: ['not', 'text'],
      platform: { a: 1 },
      exception: 'boom',
      breadcrumbs: 'x',
      tags: 'x',
      user: 'bob',
      request: [1],
      contexts: [],
      extra: 'x',
      modules: 5,
      sdk: 'x',
      release: { version: 1 },
      environment: ['prod'],
      fingerprint: { a: 1 },
      timestamp: {},
      event_id: [],
      level: {},
      threads: 7,
      stacktrace: 'at x',
    })
    expect(() => normalEvent.parse(event)).not.toThrow()
    expect(event).toMatchObject({
      platform: 'other',
      environment: 'production',
      level: 'error',
      exceptions: [],
      tags: [],
    })
    expect(notesOf(event)).toEqual(
      expect.arrayContaining([
        'dropped message',
        'dropped exception',
        'dropped user',
        'dropped extra',
        'dropped release',
      ]),
    )
  })

  it('arrays where objects belong, and the other way round, inside', () => {
    const event = normal({
      exception: {
        values: [{ type: ['x'], value: { code: 5 }, stacktrace: { frames: {} }, mechanism: [] }, [], 'x', 7],
      },
      breadcrumbs: { values: [[], 'x', { data: 'text', message: { a: 1 }, timestamp: 'x' }] },
      user: { id: {}, email: [] },
      contexts: { os: 'linux', trace: { trace_id: 'x' } },
      request: { headers: 'x', cookies: 7, url: {} },
    })
    expect(() => normalEvent.parse(event)).not.toThrow()
    expect(event.exceptions).toMatchObject([{ value: '{"code":5}' }])
    expect(event.contexts).toEqual({ trace: { trace_id: 'x' } })
  })

  it('numbers as text and text as numbers', () => {
    const event = normal({
      release: 7,
      exception: [{ type: 5, value: 6, stacktrace: { frames: [{ lineno: '12', colno: -1, function: 9 }] } }],
    })
    expect(event.release).toBe('7')
    expect(event.exceptions).toMatchObject([
      { type: '5', value: '6', stacktrace: { frames: [{ lineno: 12, function: '9' }] } },
    ])
  })

  it('what is no object is refused', () => {
    for (const payload of [null, undefined, 7, 'x', true, [], [{}]]) {
      expect(() => normaliseSentry(payload, { receivedAt: RECEIVED_AT })).toThrow(DomainError)
    }
  })
})

describe('bounds', () => {
  it('250 frames are kept, from both ends', () => {
    const frames = Array.from({ length: 1_000 }, (_, i) => ({ function: `f${i}` }))
    const event = normal({ exception: [{ type: 'E', stacktrace: { frames } }] })
    const kept = event.exceptions[0]!.stacktrace!.frames.map((frame) => frame.function)
    expect(kept).toHaveLength(250)
    expect([kept[0], kept[124], kept[125], kept[249]]).toEqual(['f0', 'f124', 'f875', 'f999'])
    expect(event.notes).toMatchObject([
      { kind: 'trimmed', message: '1000 frames; 750 in the middle were left out' },
    ])
  })

  it('long texts end with … and no character is split', () => {
    const event = normal({
      message: '😀'.repeat(10_000),
      exception: [{ type: 'x'.repeat(300), value: 'y'.repeat(9_000) }],
    })
    expect(event.message!.length).toBeLessThanOrEqual(TRIM.message)
    expect(event.message!.endsWith('😀…')).toBe(true)
    expect(event.message!.isWellFormed()).toBe(true)
    expect(event.exceptions[0]!.value).toHaveLength(TRIM.exceptionValue)
    expect(event.exceptions[0]!.type).toHaveLength(TRIM.exceptionType)
    expect(notesOf(event)).toEqual(
      expect.arrayContaining(['trimmed message', 'trimmed exception[0].type', 'trimmed exception[0].value']),
    )
  })

  it('100 breadcrumbs (the last), 100 tags, 50 exceptions, 20 fingerprint parts, 100 notes', () => {
    const many = Array.from({ length: 300 }, (_, i) => i)
    const event = normal({
      breadcrumbs: many.map((i) => ({ message: `m${i}` })),
      tags: many.map((i) => [`k${i}`, i]),
      exception: many.map((i) => ({ type: `E${i}`, thread_id: {}, module: {} })),
      fingerprint: many,
    })
    expect(event.breadcrumbs).toHaveLength(100)
    expect(event.breadcrumbs.at(-1)?.message).toBe('m299')
    expect(event.tags).toHaveLength(100)
    expect(event.exceptions).toHaveLength(50)
    expect(event.exceptions.at(-1)?.type).toBe('E299')
    expect(event.fingerprint).toHaveLength(20)
    expect(event.notes).toHaveLength(100)
  })

  it('free JSON is bounded in depth, count and length', () => {
    let deep: unknown = 'end'
    for (let i = 0; i < 60; i++) deep = { in: deep }
    const event = normal({
      extra: { deep, ...Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])) },
      contexts: { wide: { list: Array.from({ length: 100_000 }, (_, i) => i) } },
    })
    expect(Object.keys(event.extra)).toHaveLength(TRIM.extraKeys)
    expect(JSON.stringify(event.extra)).toContain('[Object]')
    expect(JSON.stringify(event.contexts).length).toBeLessThan(20_000)
    expect(notesOf(event)).toEqual(expect.arrayContaining(['trimmed extra', 'trimmed contexts']))
  })
})

describe('hostile text', () => {
  it('INGEST-03: NUL and lone surrogates never get through', () => {
    const bad = 'a\0b\ud800c'
    const event = normal({
      message: bad,
      release: bad,
      tags: { [bad]: bad },
      extra: { [bad]: [bad, { [bad]: bad }] },
      user: { id: bad, [bad]: bad },
      request: { url: bad, headers: { [bad]: bad }, data: bad },
      breadcrumbs: [{ message: bad, data: { [bad]: bad } }],
      exception: [
        {
          type: bad,
          value: bad,
          stacktrace: { frames: [{ function: bad, vars: { [bad]: bad }, pre_context: [bad] }] },
        },
      ],
      fingerprint: [bad],
    })
    const written = JSON.stringify(event)
    expect(written).not.toContain('\\u0000')
    expect(written).not.toMatch(/\\ud[89a-f]/)
  })

  it('__proto__ and constructor are keys like any other', () => {
    const keys = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')
    const event = normaliseSentry(
      JSON.parse(
        `{"__proto__":{"message":"from the prototype"},"extra":${JSON.stringify(keys)},"contexts":${JSON.stringify(keys)},"user":${JSON.stringify(keys)},"tags":{"__proto__":"x"},"modules":{"__proto__":"1"}}`,
      ),
      { receivedAt: RECEIVED_AT },
    )
    expect(event.message).toBeUndefined()
    expect(Object.hasOwn(event.extra, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(event.tags).toEqual([['__proto__', 'x']])
    expect(Object.hasOwn(event.modules!, '__proto__')).toBe(true)
    expect(() => normalEvent.parse(event)).not.toThrow()
  })

  it('parameters cannot blow a message up', () => {
    const event = normal({
      logentry: { message: '%s'.repeat(4_000), params: Array(4_000).fill('x'.repeat(1_000)) },
    })
    expect(event.message!.length).toBeLessThanOrEqual(TRIM.message)
  })
})

describe('normaliseOwn', () => {
  const own = (payload: unknown): ReturnType<typeof normaliseOwn> =>
    normaliseOwn(payload, { receivedAt: RECEIVED_AT })
  const problemsOf = (payload: unknown): unknown => {
    try {
      own(payload)
    } catch (error) {
      return (error as DomainError).details?.problems
    }
    return undefined
  }

  it('INGEST-06: refuses what has neither message nor exception, with paths', () => {
    expect(problemsOf({})).toEqual([{ path: '', message: 'a message or an exception is needed' }])
    expect(problemsOf([])).toEqual([{ path: '', message: 'expected an object' }])
    expect(problemsOf({ message: '  ' })).toEqual([
      { path: 'message', message: 'is empty' },
      { path: 'exception', message: 'missing' },
    ])
    expect(problemsOf({ message: 7, exception: 'x' })).toEqual([
      { path: 'message', message: 'expected text' },
      { path: 'exception', message: 'expected an object or a list of objects' },
    ])
    expect(problemsOf({ exception: { values: [{}] } })).toMatchObject([
      {},
      { message: 'needs a type or a value' },
    ])
  })

  it('INGEST-03: drops other fields of a wrong type with a note', () => {
    const event = own({ message: 'x', exception: 'boom', user: 5, tags: 7, release: {} })
    expect(event.message).toBe('x')
    expect(notesOf(event)).toEqual(
      expect.arrayContaining(['dropped exception', 'dropped user', 'dropped tags', 'dropped release']),
    )
  })

  it('accepts camelCase beside the Sentry names', () => {
    const event = own({
      eventId: 'A'.repeat(32),
      serverName: 's',
      exceptions: [
        {
          type: 'E',
          message: 'v',
          threadId: 3,
          mechanism: { isExceptionGroup: true, exceptionId: 1 },
          stacktrace: [{ file: 'a.ts', line: 3, inApp: false, contextLine: 'x()' }],
        },
      ],
      user: { ipAddress: '192.0.2.1' },
      request: { queryString: 'a=1' },
    })
    expect(event).toMatchObject({
      eventId: 'a'.repeat(32),
      serverName: 's',
      user: { ipAddress: '192.0.2.1' },
      request: { queryString: 'a=1' },
      exceptions: [
        {
          type: 'E',
          value: 'v',
          threadId: '3',
          mechanism: { isExceptionGroup: true, exceptionId: 1 },
          stacktrace: { frames: [{ filename: 'a.ts', lineno: 3, inApp: false, contextLine: 'x()' }] },
        },
      ],
      notes: [],
    })
  })

  it('takes a Sentry payload as it is', () => {
    expect(own(sampleOf('sdk-events', 'dotnet_divide_zero')).exceptions).toHaveLength(1)
  })
})

describe('files that come along', () => {
  const notesWith = (attachments?: { count: number; bytes: number }) =>
    normaliseSentry({ message: 'x' }, { receivedAt: new Date(RECEIVED_AT), attachments }).notes

  it('DETAIL-04: are named as dropped', () => {
    expect(notesWith({ count: 2, bytes: 1_200 })).toEqual([
      { path: 'attachments', kind: 'dropped', message: '2 files of 1200 bytes; files are not kept' },
    ])
    expect(notesWith({ count: 1, bytes: 0 })[0]?.message).toMatch(/^1 file of 0 bytes/)
  })

  it('are not spoken of when there are none', () => {
    expect(notesWith({ count: 0, bytes: 0 })).toEqual([])
    expect(notesWith()).toEqual([])
  })
})
