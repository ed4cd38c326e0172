// What must hold for every event: the hash of one error does not depend on where in a file it stood, where the program
// lay, in which order JSON keys came, or which objects hold it. Random events from a fixed seed, in each platform's
// own way of writing frames.
import { describe, expect, it } from 'vitest'
import { group } from '#server/domain/grouping/v1.ts'
import { randomFrom, type Random } from '../../../../../support/random.ts'
import { normal } from '../../samples.ts'

const ROUNDS = 300

type Fields = Record<string, unknown>
type Payload = Fields & { exception: { values: (Fields & { stacktrace?: { frames: Fields[] } })[] } }

const PLATFORMS = 'node javascript python java ruby go php csharp rust native elixir other'.split(' ')
const FOLDERS = ['src', 'lib', 'app', 'orders', 'node_modules/pg/lib', 'vendor/acme', 'pkg/mod/x']
const FILES = [
  'cart.js',
  'index-DiwrgTda.js',
  'views.py',
  'Order.java',
  'main.go',
  'order.rb',
  'Pay.php',
  'lib.rs',
]
const FUNCTIONS = [
  'pay',
  'Cart.total',
  'async Foo.bar',
  '<anonymous>',
  'lambda$run$3',
  'block in pay',
  'a::b<T>::c',
  '?',
]
const WORDS = [
  'order',
  'failed',
  '4711',
  '10.0.0.1',
  'bob@example.com',
  'status',
  '404',
  '"x"',
  'code=7',
  '/etc/hosts',
]
const EXTRAS: [string, unknown[]][] = [
  ['module', ['shop.views', 'com.shop.Order$1', 'main']],
  ['in_app', [true, false, null]],
  ['package', ['/usr/lib/libc.so', 'shop']],
]

function frameOf(random: Random): Fields {
  const file = `${random.oneOf(FOLDERS)}/${random.oneOf(FILES)}`
  const frame: Fields = { filename: file, abs_path: `/srv/${file}`, function: random.oneOf(FUNCTIONS) }
  for (const [key, values] of EXTRAS) if (random.next() < 0.3) frame[key] = random.oneOf(values)
  if (random.next() < 0.8) Object.assign(frame, { lineno: random.below(900), colno: random.below(80) })
  return frame
}

const textOf = (random: Random): string =>
  Array.from({ length: random.below(9) }, () => random.oneOf(WORDS)).join(' ')

function payloadOf(random: Random): Payload {
  const values = Array.from({ length: random.below(4) }, () => ({
    ...(random.next() < 0.9 && { type: random.oneOf(['TypeError', 'DbError', 'ValueError']) }),
    ...(random.next() < 0.9 && { value: textOf(random) }),
    ...(random.next() < 0.8 && {
      stacktrace: { frames: Array.from({ length: random.below(12) }, () => frameOf(random)) },
    }),
  }))
  return {
    platform: random.oneOf(PLATFORMS),
    exception: { values },
    ...(random.next() < 0.5 && { message: textOf(random) }),
    ...(random.next() < 0.2 && {
      fingerprint: [random.oneOf(['{{ default }}', '{{ function }}', 'x']), 'y'],
    }),
    ...(random.next() < 0.5 && { tags: { tier: 'gold', zone: 'eu' } }),
  }
}

const hashOf = (payload: unknown): string => group(normal(payload)).hash.toString('hex')

function eachFrame(payload: Payload, change: (frame: Fields) => void): Payload {
  const copy = structuredClone(payload)
  for (const { stacktrace } of copy.exception.values) stacktrace?.frames.forEach(change)
  return copy
}

function reordered(value: unknown, random: Random): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, random))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(random.shuffled(Object.entries(value)).map(([k, v]) => [k, reordered(v, random)]))
}

/** Every round gets its own event; a failure names the event. */
function always(seed: number, holds: (payload: Payload, random: Random) => void): void {
  const random = randomFrom(seed)
  for (let round = 0; round < ROUNDS; round++) holds(payloadOf(random), random)
}

describe('GROUP-01: the hash of an event', () => {
  it('is the same for the same event again, whatever objects hold it', () => {
    always(1, (payload) => {
      const event = normal(payload)
      const first = group(event).hash
      expect(group(event).hash).toEqual(first)
      expect(hashOf(JSON.parse(JSON.stringify(payload))), JSON.stringify(payload)).toBe(first.toString('hex'))
      // Parts that are one object in memory are as good as copies.
      const frame = { filename: 'a.js', function: 'f', in_app: true }
      const shared = { exception: [{ type: 'E', stacktrace: { frames: [frame, { function: 'g' }, frame] } }] }
      expect(hashOf(shared)).toBe(hashOf(JSON.parse(JSON.stringify(shared))))
    })
  })

  it('depends on no line and no column', () => {
    always(2, (payload, random) => {
      const moved = eachFrame(payload, (frame) => {
        frame.lineno = random.below(100_000)
        frame.colno = random.next() < 0.5 ? random.below(100_000) : undefined
        frame.context_line = 'throw new Error()'
        frame.vars = { at: random.below(100) }
      })
      expect(hashOf(moved), JSON.stringify(payload)).toBe(hashOf(payload))
    })
  })

  it('depends on no order of keys', () => {
    always(3, (payload, random) => {
      expect(hashOf(reordered(payload, random)), JSON.stringify(payload)).toBe(hashOf(payload))
    })
  })

  it('depends on no folder the program lies in', () => {
    always(4, (payload, random) => {
      // Whether a frame is the user's own may be told from its folder: here the SDK has said so.
      const told = eachFrame(payload, (frame) => {
        frame.in_app ??= true
      })
      const prefix = random.oneOf(['/home/bob/work/', 'C:\\builds\\77\\', 'https://cdn.example/v2/', '/app/'])
      const moved = eachFrame(told, (frame) => {
        frame.filename = `${prefix}${String(frame.filename)}`
        frame.abs_path = `${prefix}${String(frame.filename)}`
      })
      expect(hashOf(moved), JSON.stringify(payload)).toBe(hashOf(told))
    })
  })

  it('does depend on the type, and on the functions of the user’s own frames', () => {
    const random = randomFrom(5)
    for (let round = 0; round < ROUNDS; round++) {
      const frames = Array.from({ length: 1 + random.below(6) }, (_, i) => ({
        ...{ filename: 'a.js', function: `f${'abcdef'[i]}`, in_app: true },
      }))
      const at = (type: string, changed?: number): string =>
        hashOf({
          platform: random.oneOf(['node', 'python', 'go', 'php', 'ruby']),
          exception: [
            {
              type,
              stacktrace: { frames: frames.map((f, i) => (i === changed ? { ...f, function: 'other' } : f)) },
            },
          ],
        })
      expect(at('A', random.below(frames.length))).not.toBe(at('A'))
      expect(at('B')).not.toBe(at('A'))
    }
  })
})
