// Random JSON in every field: whatever comes, normalisation, scrubbing, grouping, titles and lexemes give an event that
// the schema accepts. The random numbers have a fixed seed, so that a failure can be looked at again.
import { expect, it } from 'vitest'
import { group } from '#server/domain/grouping/v1.ts'
import { lexemes, toTsvectorText } from '#server/domain/ingest/lexemes.ts'
import { normaliseOwn, normaliseSentry } from '#server/domain/ingest/normalise.ts'
import { scrub } from '#server/domain/ingest/scrub.ts'
import { describe as describeEvent } from '#server/domain/ingest/title.ts'
import { userKey } from '#server/domain/ingest/user-key.ts'
import { DomainError } from '#server/domain/errors.ts'
import { normalEvent } from '#shared/schemas/event.ts'
import { randomFrom } from '../../../../support/random.ts'
import { RECEIVED_AT } from '../samples.ts'

const ROUNDS = 500

const WORDS = [
  ...[
    '',
    'x',
    'Error',
    'password',
    'a=b&token=c',
    '4111111111111111',
    '-----BEGIN X-----',
    'https://u:p@h/?k=v#f',
  ],
  ...[
    '\0',
    '\ud800',
    '😀',
    '{{ default }}',
    '{{auto}}',
    '__proto__',
    'constructor',
    "it's \\ here",
    '<anonymous>',
  ],
  ...[
    '2026-11-23T09:40:00Z',
    '9999-12-31T00:00:00Z',
    'node',
    'java',
    'javascript',
    'native',
    'go',
    'php',
    'ruby',
  ],
  ...[
    'a'.repeat(9_000),
    '('.repeat(300),
    '{"token":"x',
    'Foo$$Bar$1',
    '<<<',
    'x'.repeat(40) + '@' + 'y.'.repeat(40),
  ],
]
const KEYS = `
  exception values type value stacktrace frames function filename module lineno vars message logentry params
  formatted tags key user id ip_address request headers cookies query_string data contexts extra breadcrumbs
  timestamp level platform in_app threads mechanism synthetic handled fingerprint event_id release environment
  modules sdk name sentry.interfaces.Exception culprit checksum pre_context __proto__ env crashed`
  .trim()
  .split(/\s+/)

function randomJson(random: () => number, depth: number): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const kind = random() * (depth > 6 ? 5 : 9)
  if (kind < 2.5) return pick(WORDS)
  if (kind < 3.5)
    return pick([0, 1, -1, 1.5, 1e300, 4111111111111111, 1795426511.8, 1795426511800, Number.NaN])
  if (kind < 4) return random() < 0.5
  if (kind < 5) return null
  const size = Math.floor(random() * 6)
  if (kind < 6.5) return Array.from({ length: size }, () => randomJson(random, depth + 1))
  const object: Record<string, unknown> = {}
  for (let i = 0; i < size; i++) {
    const key = random() < 0.85 ? pick(KEYS) : pick(WORDS)
    Object.defineProperty(object, key, {
      value: randomJson(random, depth + 1),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}

it('INGEST-03: no shape of payload breaks normalisation', { timeout: 60_000 }, () => {
  const random = randomFrom(20_261_123).next
  for (let round = 0; round < ROUNDS; round++) {
    const payload: Record<string, unknown> = {}
    for (const key of KEYS) if (random() < 0.35) payload[key] = randomJson(random, 0)
    const sent = JSON.stringify(payload)
    const event = normaliseSentry(JSON.parse(sent), {
      receivedAt: RECEIVED_AT,
      sentAt: '2026-11-23T07:00:00Z',
    })
    scrub(event, { enabled: true, extraFields: ['name'], dropIpAddresses: round % 2 === 0 })
    const parsed = normalEvent.safeParse(event)
    if (!parsed.success)
      throw new Error(`round ${round}: ${JSON.stringify(parsed.error.issues.slice(0, 3))} for ${sent}`)
    const { hash, why } = group(event)
    expect(hash).toHaveLength(16)
    expect(JSON.stringify(why).length).toBeLessThan(200_000)
    toTsvectorText(lexemes(event, describeEvent(event)))
    userKey(event)
    try {
      normaliseOwn(JSON.parse(sent), { receivedAt: RECEIVED_AT })
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
    }
  }
})
