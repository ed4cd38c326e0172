// A whole event as text. What a payload holds may be pasted into a terminal or quoted into a shell: both are tried.
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { NormalEvent } from '../../../shared/schemas/event.ts'
import { shellQuote } from '../../../utils/curl.ts'
import { eventText } from '../../../utils/event-text.ts'

const LINK = 'https://mesher.example/acme/shop/issues/1/events/0'
const event = (more: Partial<NormalEvent> = {}): NormalEvent => ({
  eventId: 'a'.repeat(32),
  timestamp: '2026-01-02T03:04:05.000Z',
  receivedAt: '2026-01-02T03:04:06.000Z',
  level: 'error',
  platform: 'node',
  environment: 'production',
  exceptions: [],
  breadcrumbs: [],
  tags: [],
  contexts: {},
  extra: {},
  notes: [],
  ...more,
})
const text = (more: Partial<NormalEvent>) => eventText(event(more), { shortId: 'SHOP-1', link: LINK })

// eslint-disable-next-line no-control-regex -- control characters are what this is about
const HIDDEN = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/
const HOSTILE = `'; touch /tmp/pwned; ' $(id) \`id\` \u001B[201~\u001B]0;title\u0007 \u202Egnp.exe \r\nrm -rf ~ \0 <img src=x onerror=1>`

describe('DETAIL-01 an event as text', () => {
  it('says what went wrong first, then where, then what surrounded it', () => {
    expect(
      text({
        release: 'shop@1.4.2',
        exceptions: [
          { type: 'TypeError', value: 'no card' },
          {
            type: 'Error',
            value: 'Order 4711 could not be placed',
            stacktrace: { frames: [{ function: 'placeOrder', filename: 'a.js', lineno: 3, inApp: true }] },
          },
        ],
        breadcrumbs: [
          {
            timestamp: '2026-01-02T03:04:04.500Z',
            category: 'http',
            level: 'warning',
            data: { method: 'GET', url: '/cart', status_code: 500 },
          },
        ],
        tags: [['plan', 'enterprise']],
        user: { id: '7', data: { plan: 'x' } },
        request: { method: 'POST', url: 'https://a/b', headers: [['Accept', '*/*']] },
        contexts: { os: { name: 'Linux' } },
        extra: { attempt: 3, deep: { a: [1] } },
        notes: [{ path: 'extra.x', kind: 'trimmed', message: 'cut' }],
      }),
    ).toBe(`[SHOP-1] Error: Order 4711 could not be placed

When: 2026-01-02T03:04:05.000Z
Level: error
Environment: production
Release: shop@1.4.2
Platform: node
Event: ${'a'.repeat(32)}
Link: ${LINK}

Error: Order 4711 could not be placed
    at placeOrder (a.js:3)

Caused by: TypeError: no card

Breadcrumbs
  −500 ms  http  [warning]  GET /cart → 500

Tags
  plan: enterprise

User
  id: 7
  plan: x

Request
  POST https://a/b
  Accept: */*

Operating system
  name: Linux

Additional data
  attempt: 3
  deep: {"a":[1]}

Changed on arrival
  extra.x: trimmed, cut
`)
  })

  it('leaves nothing hidden, wherever the payload puts it', () => {
    const hostile = text({
      message: HOSTILE,
      exceptions: [
        {
          type: HOSTILE,
          value: HOSTILE,
          stacktrace: { frames: [{ function: HOSTILE, filename: HOSTILE, lineno: 1, inApp: true }] },
        },
      ],
      threads: [{ name: HOSTILE, crashed: true, stacktrace: { frames: [{ inApp: true }] } }],
      breadcrumbs: [{ category: HOSTILE, message: HOSTILE, data: { [HOSTILE]: HOSTILE } }],
      tags: [[HOSTILE, HOSTILE]],
      user: { id: HOSTILE },
      request: { url: HOSTILE, method: HOSTILE, headers: [[HOSTILE, HOSTILE]], data: HOSTILE },
      contexts: { [HOSTILE]: { [HOSTILE]: HOSTILE } },
      extra: { [HOSTILE]: [HOSTILE] },
      transaction: HOSTILE,
      release: HOSTILE,
      notes: [{ path: HOSTILE, kind: 'dropped', message: HOSTILE }],
    })
    expect(hostile).not.toMatch(HIDDEN)
    const printed = execFileSync('bash', ['--norc', '-c', `printf '%s' ${shellQuote(hostile)}`], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
    })
    expect(printed).toBe(hostile)
  })

  it('is bounded: stacks keep both ends, breadcrumbs the last, values their beginning', () => {
    const frames = Array.from({ length: 250 }, (_, n) => ({ function: `f${n}`, inApp: true }))
    const long = text({
      exceptions: [{ type: 'E', stacktrace: { frames } }],
      breadcrumbs: Array.from({ length: 100 }, (_, n) => ({ message: `crumb ${n}` })),
      extra: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${n}`, 'x'.repeat(9_000)])),
    })
    expect(long).toContain('at f249 ')
    expect(long).toContain('at f0 ')
    expect(long).toContain('… 200 more frames')
    expect(long).not.toContain('at f100 ')
    expect(long).toContain('(70 earlier)')
    expect(long).not.toContain('crumb 69')
    expect(long.length).toBeLessThan(61_000)
    expect(long.endsWith(`the rest: ${LINK}\n`)).toBe(true)
  })

  it('takes a logged message and an event of nothing', () => {
    expect(text({ message: 'The disk is full' })).toMatch(/^\[SHOP-1\] The disk is full\n/)
    expect(text({})).toMatch(/^\[SHOP-1\] Event without a message\n/)
  })
})
