// The comparison of `npm run compat` notices whatever is promised and not shown; else its table would say "nothing" of
// anything at all.
import { describe, expect, it } from 'vitest'
import { compare } from '../../../../scripts/compat/compare.ts'
import { expectationOf } from '../../../../scripts/compat/expectation.ts'
import type { Shown } from '../../../../scripts/compat/mesher.ts'
import type { Exception, Frame } from '../../../../shared/schemas/event.ts'

const dialect = {
  platform: 'python',
  call: (name: string) => `_${name}`,
  stacks: { PaymentError: null },
  hidden: ['a-secret'],
}
const expected = expectationOf(dialect, 'uncaught', '1.9.10')

const frame = (name: string, inApp: boolean): Frame => ({ filename: 'shop.py', function: name, inApp })

/** As Mesher shows what a client of this dialect told. */
function shownAsTold(): Shown {
  const cause: Exception = { type: 'PaymentError', value: 'The card was declined' }
  const thrown: Exception = {
    type: 'OrderError',
    value: 'Order 4711 could not be placed',
    mechanism: { handled: false },
    stacktrace: {
      frames: [
        frame('timers', false),
        frame('Timeout._checkout [as _onTimeout]', true),
        frame('_placeOrder', true),
      ],
    },
  }
  const title = 'OrderError: Order 4711 could not be placed'
  const time = '2026-11-23T12:00:00.000Z'
  const common = { environment: 'staging', level: 'fatal' as const }
  return {
    issue: {
      ...{ id: '1', shortId: 'WEB-1', projectId: '1', title, type: 'OrderError', value: thrown.value! },
      ...{ culprit: 'shop.py in _placeOrder', level: 'fatal', platform: 'python', status: 'unresolved' },
      ...{ substatus: 'new', eventCount: 1, userCount: 1, firstSeen: time, lastSeen: time },
      ...{ assignee: null, version: 1, archive: null, escalationLimit: null },
    },
    event: {
      ...{ ...common, id: 'a'.repeat(32), issueId: '1', receivedAt: time, timestamp: time, title },
      ...{ message: null, release: 'shop@1.4.2', tags: { plan: 'enterprise', region: 'eu' }, user: 'jane' },
      ...{ previousId: null, nextId: null, payloadBytes: 1 },
      payload: {
        ...{ ...common, eventId: 'a'.repeat(32), receivedAt: time, timestamp: time, platform: 'python' },
        exceptions: [cause, thrown],
        breadcrumbs: [
          { category: 'console', message: 'noted by the client itself' },
          { category: 'cart', level: 'info', message: 'Put into the cart', data: { sku: 'A-1' } },
          { type: 'default', category: 'payment', level: 'warning', message: 'Asked for the card' },
        ],
        ...{ tags: [], contexts: {}, extra: {}, notes: [] },
        user: { id: '42', username: 'jane', email: 'jane@example.org' },
        sdk: { name: 'sentry.python', version: '1.9.10' },
      },
    },
  }
}

function swapTypes([one, other]: Exception[]): void {
  const { type } = one!
  one!.type = other!.type
  other!.type = type
}

const changed = (change: (shown: Shown) => void): string[] => {
  const shown = shownAsTold()
  change(shown)
  return compare(expected, shown)
}

describe('compare', () => {
  it('finds nothing where all is as told', () => {
    expect(compare(expected, shownAsTold())).toEqual([])
  })

  it.each<[string, RegExp, (shown: Shown) => void]>([
    ['title', /^title/, ({ issue }) => (issue.title = 'Error: Order 4711 could not be placed')],
    ['type', /^type/, ({ issue }) => (issue.type = 'Error')],
    ['value', /^value/, ({ issue }) => (issue.value = null)],
    ['level of the issue', /^level of the issue/, ({ issue }) => (issue.level = 'error')],
    ['level of the event', /^level of the event/, ({ event }) => (event.level = 'error')],
    ['culprit', /^culprit/, ({ issue }) => (issue.culprit = 'shop.py in _checkout')],
    ['no culprit', /^culprit/, ({ issue }) => (issue.culprit = null)],
    ['environment', /^environment/, ({ event }) => (event.environment = 'production')],
    ['release', /^release/, ({ event }) => (event.release = null)],
    ['tag', /^tag plan/, ({ event }) => (event.tags = { region: 'eu' })],
    ['user', /^user/, ({ event }) => (event.payload.user = { id: '42', username: 'jane' })],
    ['platform', /^platform/, ({ event }) => (event.payload.platform = 'other')],
    ['version of the client', /^version/, ({ event }) => (event.payload.sdk = undefined)],
    ['time', /^time/, ({ event }) => (event.timestamp = '2026-11-23T17:45:00.000Z')],
    ['cause', /^chain of causes/, ({ event }) => event.payload.exceptions.shift()],
    ['title of a cause', /^chain of causes/, ({ event }) => (event.payload.exceptions[0]!.value = 'Card')],
    ['order of causes', /^chain of causes/, ({ event }) => swapTypes(event.payload.exceptions)],
    ['caught', /^caught/, ({ event }) => (event.payload.exceptions[1]!.mechanism = undefined)],
    [
      'in-app frames',
      /^in-app stack of OrderError/,
      ({ event }) => (event.payload.exceptions[1]!.stacktrace!.frames[0]!.inApp = true),
    ],
    [
      'no stack',
      /^in-app stack of OrderError/,
      ({ event }) => (event.payload.exceptions[1]!.stacktrace = undefined),
    ],
    ['breadcrumb', /Put into the cart.* is missing/, ({ event }) => event.payload.breadcrumbs.splice(1, 1)],
    [
      'order of breadcrumbs',
      /Asked for the card.* is missing/,
      ({ event }) => event.payload.breadcrumbs.reverse(),
    ],
    [
      'data of a breadcrumb',
      /Put into the cart.* is missing/,
      ({ event }) => (event.payload.breadcrumbs[1]!.data = {}),
    ],
    [
      'a loss that was noted',
      /^tags was dropped/,
      ({ event }) => event.payload.notes.push({ path: 'tags', kind: 'dropped', message: 'no list' }),
    ],
    ['a secret', /^a-secret is shown/, ({ event }) => (event.payload.extra = { environ: 'KEY=a-secret' })],
  ])('notices a difference: %s', (_, said, change) => {
    const differences = changed(change)
    expect(differences).toHaveLength(1)
    expect(differences[0]).toMatch(said)
  })
})
