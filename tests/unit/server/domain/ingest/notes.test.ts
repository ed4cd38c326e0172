// Nothing is cut, dropped or replaced without a note, and a list of bad items makes one note, not one for each.
import { describe, expect, it } from 'vitest'
import { normaliseSentry } from '#server/domain/ingest/normalise.ts'
import { Notes } from '#server/domain/ingest/notes.ts'
import { scrub } from '#server/domain/ingest/scrub.ts'
import { TRIM } from '#shared/constants/limits.ts'
import { normalEvent } from '#shared/schemas/event.ts'
import { RECEIVED_AT, capturedEvents, normal } from '../samples.ts'

const notesOf = (payload: object): string[] =>
  normal(payload).notes.map(({ kind, path, message }) => `${kind} ${path}: ${message}`)

const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)
const x = (length: number): string => 'x'.repeat(length)
const inFrame = (frame: object): object => ({ exception: [{ type: 'E', stacktrace: { frames: [frame] } }] })
const FRAME = 'exception[0].stacktrace.frames[0]'

describe('the list of notes', () => {
  it('counts in its last place what is beyond a hundred, across both of its writers', () => {
    const notes = new Notes()
    for (let i = 0; i < 100; i++) notes.dropped(`a[${i}]`, 'expected text')
    expect(notes.list.at(-1)).toEqual({ path: 'a[99]', kind: 'dropped', message: 'expected text' })
    notes.dropped('a[100]', 'expected text')
    expect(notes.list).toHaveLength(TRIM.notes)
    expect(notes.list.at(-2)?.path).toBe('a[98]')
    expect(notes.list.at(-1)?.message).toBe('2 more changes are not listed')
    new Notes(structuredClone(notes.list)).add('b', 'scrubbed', 'replaced')
    const next = new Notes(notes.list)
    next.add('b', 'scrubbed', 'replaced')
    next.trimmed('c', 'cut')
    expect(notes.list).toHaveLength(TRIM.notes)
    expect(notes.list.at(-1)).toEqual({
      path: 'notes',
      kind: 'trimmed',
      message: '4 more changes are not listed',
    })
  })

  it('counts what the scrubber adds to a full list', () => {
    const extra = Object.fromEntries(times(50, 0).map((_, i) => [`token${i}`, 's']))
    const event = normal({ message: 'm', tags: times(99, 0).map((_, i) => [`t${i}`, {}]), extra })
    expect(event.notes).toHaveLength(99)
    scrub(event, { enabled: true, extraFields: [], dropIpAddresses: false })
    expect(event.notes).toHaveLength(TRIM.notes)
    expect(event.notes.at(-1)?.message).toBe('50 more changes are not listed')
    expect(() => normalEvent.parse(event)).not.toThrow()
  })

  it('says the same of the same place once', () => {
    const notes = new Notes()
    for (let i = 0; i < 1_000; i++) {
      notes.trimmed('request.headers', 'names were cut')
      notes.trimmed('request.headers', 'values were cut')
    }
    notes.trimmed('request.cookies', 'values were cut')
    expect(notes.list.map(({ path, message }) => `${path} ${message}`)).toEqual([
      'request.headers names were cut',
      'request.headers values were cut',
      'request.cookies values were cut',
    ])
  })
})

// What is sent, and every note it makes.
const NOTED: [string, object, string[]][] = [
  [
    'context lines',
    inFrame({ pre_context: times(30, x(600)), post_context: ['ok', null, 7, {}, ['x']] }),
    [
      `trimmed ${FRAME}.pre_context: 30 lines, cut to 20`,
      `trimmed ${FRAME}.pre_context: lines longer than 512 characters were cut`,
      `replaced ${FRAME}.post_context: lines that are not text were emptied`,
    ],
  ],
  [
    'a stack that is text',
    { exception: [{ type: 'E', stacktrace: 'at x' }] },
    ['dropped exception[0].stacktrace: expected a list of frames'],
  ],
  [
    'frames that are none',
    { exception: [{ type: 'E', stacktrace: [null, {}, 'x', ...times(100, 7)] }] },
    ['dropped exception[0].stacktrace: 101 of 103 left out: not an object'],
  ],
  [
    'exceptions that are none',
    { exception: [null, 'x', [], {}, { module: 'm' }, { type: 'E' }] },
    [
      'dropped exception: 2 of 6 left out: not an object',
      'dropped exception: 1 of 6 left out: neither a type nor a value nor frames',
    ],
  ],
  [
    'a thrown object',
    { exception: [{ value: Object.fromEntries(times(9, 0).map((_, i) => [`k${i}`, x(1_000)])) }] },
    ['trimmed exception[0].value: 9073 characters as JSON, cut to 8192'],
  ],
  [
    'threads',
    { threads: { values: [1, null, { id: 1 }] } },
    ['dropped threads.values: 1 of 3 left out: not an object'],
  ],
  [
    'breadcrumbs',
    {
      breadcrumbs: [
        ...['x', 'y', null],
        ...[{ timestamp: 'soon' }, { timestamp: {}, level: 'loud' }],
        ...[{ timestamp: null, level: null }, { timestamp: '', level: '' }, {}],
      ],
    },
    [
      'dropped breadcrumbs: 2 of 8 left out: not an object',
      'dropped breadcrumbs[].timestamp: 2 of 8 left out: not a time',
      'dropped breadcrumbs[].level: 1 of 8 left out: not a known level',
    ],
  ],
  [
    'a message and its parameters',
    { logentry: { message: '%s '.repeat(12), params: times(12, x(1_100)) } },
    [
      'trimmed logentry.params: parameters longer than 1024 characters were cut',
      'trimmed logentry: 12300 characters with its parameters, cut to 8192',
    ],
  ],
  [
    'a fingerprint',
    { fingerprint: ['a', null, {}, x(300), x(400)] },
    [
      'trimmed fingerprint: parts longer than 256 characters were cut',
      'dropped fingerprint: 2 of 5 left out: not text',
    ],
  ],
  ['data of a user', { user: { id: 1, data: 'x' } }, ['dropped user.data: expected an object']],
  [
    'the site beside a hundred tags',
    { tags: times(100, 0).map((_, i) => [`k${i}`, 'v']), site: 's' },
    ['dropped site: it becomes a tag, and there are 100 already'],
  ],
  [
    'tags',
    {
      tags: [
        null,
        1,
        [{}, 'v'],
        { name: 'v' },
        ['lines', ' a\r\nb\n'],
        ['padded', 'v\n'],
        [x(201), 'v'],
        ['$', 'v'],
        ['€', 'v'],
      ],
    },
    [
      'replaced tags.lines: line breaks became spaces',
      `trimmed tags.${x(200)}: the key has 201 characters, cut to 200`,
      'dropped tags: a key without any letter',
      'dropped tags: 3 of 9 left out: not a key with a value',
    ],
  ],
  [
    'a tag’s key that is too long and not made of letters',
    { tags: { [`ä${x(300)}`]: 'v' } },
    [
      `trimmed tags.-${x(199)}: the key has 301 characters, cut to 200`,
      `replaced tags.-${x(199)}: the key was changed to letters, digits and _ . : -`,
    ],
  ],
  [
    'headers, cookies and query',
    {
      request: {
        headers: [null, 'x', [7, 'v'], ['a', null], ...times(9, [x(201), x(9_000)])],
        cookies: `a=${x(9_000)}`,
        query_string: { a: x(9_000), [x(201)]: [x(5_000), x(5_000)] },
      },
    },
    [
      'trimmed request.headers: names longer than 200 characters were cut',
      'trimmed request.headers: values longer than 8192 characters were cut',
      'dropped request.headers: 2 of 13 left out: not a name with a value',
      'trimmed request.query_string: values longer than 8192 characters were cut',
      'trimmed request.query_string: names longer than 200 characters were cut',
      'trimmed request.cookies: 9002 characters, cut to 8192',
    ],
  ],
  [
    'modules',
    {
      modules: {
        none: null,
        flag: true,
        object: {},
        number: 1,
        [x(201)]: x(201),
        [x(202)]: '2',
        [x(203)]: '3',
      },
    },
    [
      'trimmed modules: names longer than 200 characters were cut',
      'trimmed modules: versions longer than 200 characters were cut',
      'dropped modules: 2 of 7 left out: the version is not text',
      'dropped modules: 2 of 7 left out: the same name as another when cut',
    ],
  ],
  [
    'keys and numbers of free JSON',
    { extra: { a: { [x(201)]: 1, [x(202)]: [Infinity, -Infinity] } } },
    [
      'trimmed extra: keys longer than 200 characters were cut',
      'replaced extra: numbers too large to keep became text',
      'replaced extra: keys that became the same were numbered',
    ],
  ],
]

describe('what is noted', () => {
  it.each(NOTED)('INGEST-03: %s', (_what, payload, expected) => {
    expect(notesOf(payload)).toEqual(expected)
  })

  it('the connection’s User-Agent that was cut', () => {
    const event = normal({ platform: 'javascript', message: 'm' }, { userAgent: x(9_000) })
    expect(event.request?.headers?.[0]?.[1]).toHaveLength(TRIM.string)
    expect(event.notes).toMatchObject([
      { kind: 'trimmed', path: 'request.headers.User-Agent', message: '9000 characters, cut to 8192' },
    ])
  })

  it('a thousand bad items of each list are a few notes', () => {
    const bad = times(1_000, 'x')
    const payload = { exception: bad, threads: bad, breadcrumbs: bad, tags: bad, request: { headers: bad } }
    expect(notesOf({ ...payload, stacktrace: { frames: bad } }).length).toBeLessThan(12)
  })
})

describe('what is not noted', () => {
  it('absent, empty and other harmless values', () => {
    const harmless = {
      level: null,
      logentry: { message: '', params: null },
      exception: { values: [null, { type: 'E', value: '', module: '', thread_id: null, stacktrace: null }] },
      threads: { values: [null, { id: 7, name: '', stacktrace: { frames: null } }] },
      stacktrace: '',
      breadcrumbs: { values: [null, { level: null, timestamp: null, category: '', data: null }] },
      tags: [null, ['a', null], ['b', ''], ['c', 3], ['d', true], [7, 'x'], ['e', 'trailing\n']],
      user: { id: 7, email: '', data: null, plan: null },
      request: { headers: { A: null, B: '', C: 5 }, cookies: '', query_string: '', data: '', env: null },
      contexts: { os: null },
      extra: { a: null, b: '' },
      modules: { a: null, b: 1, c: '' },
      site: '',
    }
    expect(notesOf(harmless)).toEqual([])
    expect(notesOf({ exception: {}, message: 'm' })).toEqual([])
  })

  it.each(
    (['node', 'browser', 'browser-debugid'] as const)
      .flatMap(capturedEvents)
      .map((s) => [s.name, s] as const),
  )('INGEST-02: nothing of %s but its time is changed', (_name, { payload }) => {
    const now = { ...payload, timestamp: RECEIVED_AT.getTime() / 1_000 }
    expect(notesOf(now)).toEqual([])
  })
})

describe('what a cut leaves', () => {
  it('the context lines next to the frame’s own', () => {
    const lines = times(30, 0).map((_, i) => `line ${i}`)
    const event = normal(
      inFrame({ lineno: 31, pre_context: lines, context_line: 'here', post_context: lines }),
    )
    const frame = event.exceptions[0]!.stacktrace!.frames[0]!
    expect([frame.preContext?.length, frame.preContext?.[0], frame.preContext?.at(-1)]).toEqual([
      20,
      'line 10',
      'line 29',
    ])
    expect([frame.postContext?.length, frame.postContext?.[0]]).toEqual([20, 'line 0'])
  })

  it('INGEST-06: lines that cannot be made text cost the event nothing', () => {
    const payload: unknown = JSON.parse(
      '{"exception":[{"type":"E","stacktrace":{"frames":[{"pre_context":["a",{"toString":1},[{"toString":1}],"b"]}]}}]}',
    )
    const event = normaliseSentry(payload, { receivedAt: RECEIVED_AT })
    expect(event.exceptions[0]!.stacktrace!.frames[0]!.preContext).toEqual(['a', '', '', 'b'])
  })

  it('every key its value', () => {
    const long = x(TRIM.tagKey + 1)
    const first = `${x(TRIM.tagKey - 11)}… (2)`
    const { extra } = normal({
      extra: { nested: { [first]: 0, [`${long}a`]: 1, [`${long}b`]: 2, ['n\0']: 3, ['n\ufffd']: 4 } },
    })
    const nested = extra.nested as Record<string, number>
    expect(Object.values(nested)).toEqual([0, 1, 2, 3, 4])
    for (const key of Object.keys(nested)) expect(key.length).toBeLessThanOrEqual(TRIM.tagKey)
    expect(Object.keys(nested).slice(-2)).toEqual(['n\ufffd', 'n\ufffd (4)'])
  })

  it('no half of a character in the names of modules', () => {
    const { modules } = normal({ modules: { [`${x(198)}😀😀`]: `${x(198)}😀😀` } })
    expect(Object.entries(modules!)).toEqual([[`${x(198)}…`, `${x(198)}…`]])
  })
})
