import { describe, expect, it } from 'vitest'
import { group } from '#server/domain/grouping/v1.ts'
import { groupingReason } from '#shared/schemas/issue.ts'
import type { NormalEvent } from '#shared/schemas/event.ts'
import { allSamples, capturedEvents, normal, sampleOf, thrown } from '../samples.ts'

const hashOf = (event: NormalEvent): string => group(event).hash.toString('hex')
const partsOf = (event: NormalEvent): string[] =>
  group(event).why.parts.map((part) => `${part.kind}: ${part.value}`)
const strategyOf = (event: NormalEvent): string => group(event).why.strategy

const frame = (name: string, rest: object = {}): object => ({
  function: name,
  filename: '/srv/app/shop.js',
  in_app: true,
  ...rest,
})

describe('one cause, one group', () => {
  it('GROUP-01: four browsers, one issue', () => {
    const hashes = ['chrome', 'edge', 'firefox', 'safari'].map((browser) =>
      hashOf(normal(sampleOf('grouping', `javascript-xbrowser-${browser}`))),
    )
    expect(new Set(hashes).size).toBe(1)
  })

  it('GROUP-01: the engine’s own errors are one issue in all browsers', () => {
    const at = (value: string, type = 'TypeError'): string =>
      hashOf(
        thrown(type, value, [{ function: 'pay', filename: 'https://x/app.js', in_app: true }], {
          platform: 'javascript',
        }),
      )
    const reading = [
      "Cannot read properties of undefined (reading 'total')",
      "Cannot read property 'total' of undefined",
      'can\'t access property "total", cart is undefined',
      "undefined is not an object (evaluating 'this.cart.total')",
    ]
    expect(new Set(reading.map((value) => at(value))).size).toBe(1)
    expect(at("Cannot read properties of undefined (reading 'count')")).not.toBe(at(reading[0]!))
    expect(at("Can't find variable: cart", 'ReferenceError')).toBe(
      at('cart is not defined', 'ReferenceError'),
    )
    expect(
      new Set(
        ['Failed to fetch', 'Load failed', 'NetworkError when attempting to fetch resource.'].map((v) =>
          at(v),
        ),
      ).size,
    ).toBe(1)
    expect(at('too much recursion', 'InternalError')).toBe(
      at('Maximum call stack size exceeded', 'RangeError'),
    )
  })

  it('GROUP-01: the same error on another line, machine and build is the same group', () => {
    const built = (file: string, line: number): string =>
      hashOf(
        thrown('Error', 'x', [{ function: 'pay', filename: file, lineno: line, colno: line, in_app: true }], {
          platform: 'javascript',
        }),
      )
    const first = built('https://a.example/assets/index-DiwrgTda.js', 1)
    expect(built('https://b.example/static/index-B9x_fLqA.js?v=3', 77)).toBe(first)
    expect(built('https://b.example/other.js', 1)).not.toBe(first)
  })

  it('GROUP-01: two crashes that differ in their stacks are two groups', () => {
    const [one, other] = ['group_432_event_432', 'group_432_event_453'].map((name) =>
      normal(sampleOf('grouping', name)),
    )
    expect(hashOf(one!)).not.toBe(hashOf(other!))
  })

  it('GROUP-01: events of one cause captured from a real SDK, messages in disguise included', () => {
    const named = new Map(
      capturedEvents('node').map(({ name, payload }) => [name.slice(0, 8), normal(payload)]),
    )
    expect(strategyOf(named.get('node/006')!)).toBe('message')
    expect(strategyOf(named.get('node/005')!)).toBe('stack')
    expect(partsOf(named.get('node/005')!)[1]).toBe('value: could not load user <number>')
  })

  it('recursion of any depth is one group', () => {
    const depth = (n: number): string =>
      hashOf(thrown('RangeError', 'x', [frame('main'), ...Array(n).fill(frame('loop'))]))
    expect(depth(2)).toBe(depth(200))
  })

  it('an exception group with more children of the same kind is one group', () => {
    const many = (n: number): string =>
      hashOf(
        normal({
          exception: [
            ...Array(n).fill({ type: 'E', value: 'child' }),
            { type: 'AggregateError', value: 'all' },
          ],
        }),
      )
    expect(many(5)).not.toBe(many(0))
    const withFrames = (n: number): string => {
      const child = { type: 'E', value: 'child', stacktrace: { frames: [frame('f')] } }
      return hashOf(
        normal({ exception: [...Array(n).fill(child), { type: 'AggregateError', value: 'all' }] }),
      )
    }
    expect(withFrames(5)).toBe(withFrames(2))
  })

  it('the cause of an exception tells groups apart', () => {
    const causedBy = (type: string): string =>
      hashOf(
        normal({
          exception: [
            { type, value: 'c' },
            { type: 'E', value: 'v', stacktrace: { frames: [frame('f')] } },
          ],
        }),
      )
    expect(causedBy('DbError')).not.toBe(causedBy('NetworkError'))
  })
})

describe('the SDK’s own fingerprint', () => {
  const event = (fingerprint: unknown, value = 'v'): NormalEvent =>
    thrown('E', value, [frame('f')], { fingerprint, tags: { tier: 'gold' } })

  it('GROUP-02: alone it decides', () => {
    expect(hashOf(event(['checkout', 'db']))).toBe(hashOf(event(['checkout', 'db'], 'other')))
    expect(hashOf(event(['checkout', 'db']))).not.toBe(hashOf(event(['checkout'])))
    expect(hashOf(event(['a', 'b']))).not.toBe(hashOf(event(['b', 'a'])))
    expect(hashOf(event(['ab', 'c']))).not.toBe(hashOf(event(['a', 'bc'])))
    expect(strategyOf(event(['checkout']))).toBe('fingerprint')
    expect(partsOf(event(['checkout']))).toEqual(['fingerprint: checkout'])
  })

  it('GROUP-02: {{ default }} mixes the automatic grouping in; alone, or [], it is automatic', () => {
    for (const automatic of [[], ['{{ default }}'], ['{{default}}'], ['{{ DEFAULT }}', '{{default}}']]) {
      expect(hashOf(event(automatic))).toBe(hashOf(event(undefined)))
      expect(strategyOf(event(automatic))).toBe('stack')
    }
    const mixed = event(['{{ default }}', 'tenant-1'])
    expect(hashOf(mixed)).not.toBe(hashOf(event(['{{ default }}', 'tenant-2'])))
    expect(hashOf(mixed)).not.toBe(hashOf(event(['{{ default }}', 'tenant-1'], 'other')))
    expect(partsOf(mixed)).toEqual([
      'fingerprint: {{ default }}',
      'fingerprint: tenant-1',
      'type: E',
      'value: v',
      'frame: shop.js f',
    ])
  })

  it('GROUP-02: spacing and case of a variable do not matter, its place does', () => {
    const spaced = [
      '{{default}}',
      '{{ default}}',
      '{{default }}',
      '{{   default   }}',
      '{{\tdefault\n}}',
      '{{ Default }}',
    ]
    const first = hashOf(event(['{{ default }}', 'x']))
    for (const variable of spaced) {
      expect(hashOf(event([variable, 'x']))).toBe(first)
      expect(hashOf(event([variable, 'x'], 'other'))).not.toBe(first)
    }
    expect(hashOf(event(['x', '{{ default }}']))).not.toBe(first)
    expect(hashOf(event(['{{type}}', 'x']))).toBe(hashOf(event(['{{ type }}', 'x'])))
    for (const text of [
      'default',
      '{ default }',
      '{{ default }} x',
      'x {{ default }}',
      '{{ {{ default }} }}',
    ]) {
      expect(partsOf(event([text]))).toEqual([`fingerprint: ${text}`])
    }
  })

  it('GROUP-02: every variable', () => {
    const full = thrown(
      'DbError',
      'gone',
      [frame('f', { module: 'shop.db', package: 'shop', abs_path: '/srv/db.js' })],
      {
        ...{ level: 'warning', transaction: 'GET /pay', logger: 'db', environment: 'test', release: '1.2.3' },
        ...{ tags: { 'Tier.Name': 'gold' }, message: 'm' },
      },
    )
    const values = {
      ...{ type: 'DbError', 'error.type': 'DbError', value: 'gone', 'error.value': 'gone', message: 'm' },
      ...{ function: 'f', 'stack.function': 'f', module: 'shop.db', 'stack.module': 'shop.db' },
      ...{
        package: 'shop',
        'stack.package': 'shop',
        'stack.abs_path': '/srv/db.js',
        transaction: 'GET /pay',
      },
      ...{ level: 'warning', logger: 'db', environment: 'test', release: '1.2.3', 'tags.tier.name': 'gold' },
    }
    for (const [name, value] of Object.entries(values)) {
      const asked = { ...full, fingerprint: [`{{ ${name} }}`] }
      expect(partsOf(asked), name).toEqual([`fingerprint: ${value}`])
    }
    for (const name of ['function', 'type', 'release', 'tags.none']) {
      expect(partsOf({ ...normal({ message: 'x' }), fingerprint: [`{{${name}}}`] })).toEqual([
        'fingerprint: <none>',
      ])
    }
  })

  it('GROUP-02: hostile fingerprints are bounded, and noted', () => {
    const bounded = (fingerprint: unknown): NormalEvent => event(fingerprint)
    const many = bounded(Array.from({ length: 10_000 }, (_, i) => `part ${i}`))
    expect(many.fingerprint).toHaveLength(20)
    expect(group(many).why.parts).toHaveLength(20)
    const nested = bounded(Array.from({ length: 10_000 }, () => [['x'], { a: ['{{ default }}'] }]))
    expect(nested.fingerprint).toBeUndefined()
    expect(hashOf(nested)).toBe(hashOf(event(undefined)))
    const huge = bounded(['x'.repeat(500_000), 'tail'])
    expect(huge.fingerprint?.map((part) => part.length)).toEqual([256, 4])
    const braces = bounded([`{{${' '.repeat(250)}`, '{'.repeat(256), `{{ ${'a'.repeat(200)} }}`])
    expect(partsOf(braces)).toEqual(braces.fingerprint?.map((part) => `fingerprint: ${part}`))
    for (const noted of [many, nested, huge]) {
      expect(noted.notes.filter((note) => note.path === 'fingerprint')).toHaveLength(1)
    }
    expect(hashOf(bounded({ a: 1 }))).toBe(hashOf(event(undefined)))
    expect(hashOf(bounded([null, {}, []]))).toBe(hashOf(event(undefined)))
  })

  it('GROUP-02: variables stand for what the event holds', () => {
    expect(
      partsOf(
        event(['{{ type }}', '{{ function }}', '{{ tags.tier }}', '{{ transaction }}', '{{ nonsense }}']),
      ),
    ).toEqual([
      'fingerprint: E',
      'fingerprint: f',
      'fingerprint: gold',
      'fingerprint: <none>',
      'fingerprint: {{ nonsense }}',
    ])
  })
})

describe('which strategy', () => {
  it('GROUP-03: without frames, type and normalised value', () => {
    expect(partsOf(thrown('E', 'user 5 missing'))).toEqual(['type: E', 'value: user <number> missing'])
    expect(hashOf(thrown('E', 'user 5 missing'))).toBe(hashOf(thrown('E', 'user 6 missing')))
    expect(strategyOf(thrown('E', 'x'))).toBe('exception')
  })

  it('GROUP-03: a message by its template, else normalised', () => {
    const logged = (params: unknown[]): NormalEvent => normal({ logentry: { message: 'hello %s', params } })
    expect(hashOf(logged(['a']))).toBe(hashOf(logged(['b'])))
    expect(partsOf(logged(['a']))).toEqual(['message: hello %s'])
    expect(hashOf(normal({ message: 'order 7 late' }))).toBe(hashOf(normal({ message: 'order 8 late' })))
    expect(strategyOf(normal({ message: 'order 7 late' }))).toBe('message')
  })

  it('nothing at all is one constant group', () => {
    expect(strategyOf(normal({}))).toBe('constant')
    expect(hashOf(normal({}))).toBe(hashOf(normal({ message: ' ', tags: { a: 1 } })))
  })

  it('a hang shows its stack in a thread; a message with a stack is still a message', () => {
    const threads = [{ id: 1, crashed: true, stacktrace: { frames: [frame('wait')] } }]
    expect(strategyOf(normal({ threads }))).toBe('stack')
    expect(strategyOf(normal({ threads, exception: [{ type: 'ANR', value: 'x' }] }))).toBe('stack')
    expect(strategyOf(normal({ threads, message: 'x' }))).toBe('message')
  })
})

describe('in-app frames', () => {
  const library = frame('render', { filename: '/srv/node_modules/lib/index.js', in_app: false })

  it('GROUP-04: count alone when there is any', () => {
    const own = hashOf(thrown('E', 'v', [frame('main'), frame('pay')]))
    expect(hashOf(thrown('E', 'v', [frame('main'), library, frame('pay'), library]))).toBe(own)
    expect(hashOf(thrown('E', 'v', [frame('main'), frame('refund')]))).not.toBe(own)
  })

  it('GROUP-04: all count when there is none', () => {
    expect(partsOf(thrown('E', 'v', [library]))).toContain('frame: index.js render')
    expect(hashOf(thrown('E', 'v', [library, library]))).toBe(hashOf(thrown('E', 'v', [library])))
  })

  it('GROUP-04: frames that say nothing do not make a stack', () => {
    expect(
      strategyOf(thrown('E', 'v', [{ lineno: 5 }, { function: '?' }, { function: '<anonymous>' }])),
    ).toBe('exception')
  })
})

describe('the reason', () => {
  it('GROUP-05: carries the version, 16 bytes of hash and what was hashed', () => {
    for (const { payload } of allSamples()) {
      const { version, hash, why } = group(normal(payload))
      expect(version).toBe(1)
      expect(hash).toHaveLength(16)
      expect(() => groupingReason.parse(why)).not.toThrow()
      expect(why.version).toBe(1)
    }
  })

  it('shows long stacks in part, and still tells their ends apart', () => {
    const deep = (last: string): NormalEvent =>
      thrown(
        'E',
        'v',
        Array.from({ length: 200 }, (_, i) => frame(i === 0 ? last : `f${i}`)),
      )
    expect(group(deep('a')).why.parts).toHaveLength(41)
    expect(partsOf(deep('a')).at(-1)).toBe('more: 162 more')
    expect(hashOf(deep('a'))).not.toBe(hashOf(deep('b')))
  })
})
