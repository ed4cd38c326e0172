// Groups in the database were made by grouping version 1; if it gave another hash for the same event, every issue would
// begin anew. So it may lean only on itself, and these events keep these hashes for ever. A failing hash here means:
// put the change into a version 2.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { group } from '#server/domain/grouping/v1.ts'
import type { Exception, Frame, NormalEvent } from '#shared/schemas/event.ts'

const GROUPING = path.join(import.meta.dirname, '../../server/domain/grouping')
const FROZEN = path.join(GROUPING, 'v1')

const frozenFiles = [
  path.join(GROUPING, 'v1.ts'),
  ...readdirSync(FROZEN, { recursive: true, encoding: 'utf8' }).map((name) => path.join(FROZEN, name)),
]

/** What a file imports as values; `import type` leaves no trace in the running program. */
function valueImports(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  const statements = source.matchAll(
    /^(?:import|export)\s(?!type\s)[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm,
  )
  const dynamic = source.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]/g)
  return [...statements, ...dynamic].map((found) => found[1] ?? found[2] ?? '')
}

describe('grouping version 1', () => {
  it.each(frozenFiles.map((file) => [path.relative(GROUPING, file), file]))(
    'GROUP-05: %s imports nothing but frozen code',
    (_name, file) => {
      for (const source of valueImports(file)) {
        if (source === 'node:crypto') continue
        expect(source.startsWith('.'), `${source} is outside`).toBe(true)
        const target = path.resolve(path.dirname(file), source)
        expect(target.startsWith(FROZEN + path.sep), `${source} is outside`).toBe(true)
      }
    },
  )

  it('GROUP-05: no frozen file looks at the time, the environment or chance', () => {
    for (const file of frozenFiles) {
      expect(readFileSync(file, 'utf8')).not.toMatch(/\bDate\b|\bprocess\.|Math\.random|\bIntl\b|toLocale/)
    }
  })
})

const event = (parts: Partial<NormalEvent>): NormalEvent => ({
  eventId: '0'.repeat(32),
  timestamp: '2026-01-01T00:00:00.000Z',
  receivedAt: '2026-01-01T00:00:00.000Z',
  level: 'error',
  platform: 'node',
  exceptions: [],
  breadcrumbs: [],
  tags: [],
  contexts: {},
  extra: {},
  environment: 'production',
  notes: [],
  ...parts,
})

const frame = (name: string, filename: string, inApp = true, rest: Partial<Frame> = {}): Frame => ({
  function: name,
  filename,
  inApp,
  ...rest,
})

const exception = (type: string, value: string, frames?: Frame[]): Exception => ({
  type,
  value,
  stacktrace: frames && { frames },
})

const PINNED: [string, NormalEvent, string][] = [
  ['a constant', event({}), '74047d4da79b19dcc57a4222b5058f1d'],
  [
    'a message',
    event({ message: 'order 4711 of bob@example.com is late by 30 s' }),
    '62bbdfa2c70857ebdc1264f82561c208',
  ],
  [
    'a template',
    event({ message: 'hello bob', messageTemplate: 'hello %s' }),
    '4e17c25c23cd949ebd082900291ef2f6',
  ],
  [
    'type and value',
    event({ exceptions: [exception('DbError', 'connect ECONNREFUSED 10.0.0.5:5432')] }),
    'b503d190f5be62111edf3f311484df8c',
  ],
  [
    'a stack of node',
    event({
      exceptions: [
        exception('TypeError', "Cannot read properties of undefined (reading 'id')", [
          frame('Module._load', 'node:internal/modules/cjs/loader', false),
          frame('Object.<anonymous>', '/srv/app/main.js'),
          frame('async OrderService.pay [as run]', '/srv/app/order-service.js'),
        ]),
      ],
    }),
    'b87fad16f5006778720c13a5ed6d5438',
  ],
  [
    'a stack of a browser',
    event({
      platform: 'javascript',
      exceptions: [
        exception('Error', 'bad', [
          frame('?', 'https://shop.example/assets/index-DiwrgTda.js'),
          frame('Foo.prototype.pay', 'https://shop.example/assets/index-DiwrgTda.js'),
          frame('Array.map', '<anonymous>'),
        ]),
      ],
    }),
    'ef2192a7a98505b449db83fe6d86e029',
  ],
  [
    'a chain of java',
    event({
      platform: 'java',
      exceptions: [
        exception('SQLException', 'SQLSTATE 42P01', [
          frame('lambda$run$0', 'Db.java', true, { module: 'com.shop.Db$$Lambda$14/0x08' }),
        ]),
        exception('RuntimeException', 'java.sql.SQLException: SQLSTATE 42P01', [
          frame('invoke', 'Method.java', false, { module: 'java.lang.reflect.Method' }),
          frame('pay', 'Shop.java', true, { module: 'com.shop.Shop$$EnhancerBySpringCGLIB$$1f2e' }),
        ]),
      ],
    }),
    '57f5c601df55d5878e80c39139b2c91d',
  ],
  [
    'a stack of native code',
    event({
      platform: 'native',
      exceptions: [
        exception('SIGSEGV', 'Segfault at 0x7ffe9a0c', [
          { package: '/usr/lib/libc.so.6', function: 'abort', inApp: false },
          {
            function: 'boost::function0<T>::operator()(int)',
            filename: 'function_template.hpp',
            inApp: true,
          },
        ]),
      ],
    }),
    '6cb262403af83db0e8bd5c316e9ff206',
  ],
  [
    'a stack of python',
    event({
      platform: 'python',
      exceptions: [
        exception('ValueError', "invalid literal for int() with base 10: 'abc'", [
          frame('<module>', 'app.py', true, { module: '__main__' }),
          frame('Cart.<locals>.total', 'shop/cart.py', true, { module: 'shop.cart' }),
        ]),
      ],
    }),
    '15a212a7d176ce29d662e30b54c8d16f',
  ],
  ['a fingerprint', event({ fingerprint: ['checkout', '{{ level }}'] }), 'b64bbfadca9814ac6e7368122c49ef6a'],
  [
    'a fingerprint with the automatic',
    event({ fingerprint: ['{{ default }}', 'eu'], exceptions: [exception('E', 'v 1')] }),
    '2365f59c824916a4a100f91c45518c8d',
  ],
]

describe('pinned hashes', () => {
  it.each(PINNED)('GROUP-05: %s', (_name, sample, expected) => {
    expect(group(sample).hash.toString('hex')).toBe(expected)
  })
})
