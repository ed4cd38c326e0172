// A filter's answer about events that arrive is PostgreSQL's about the same events stored: random events, written by the
// real line, under random searches made of the same small alphabet, so that many find something.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventSearch } from '#server/domain/search/event-search.ts'
import { compileEventFilter, matchableEvent } from '#server/domain/search/match-event.ts'
import { readQuery } from '#server/domain/search/read-query.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { binder } from '#server/storage/bind.ts'
import { openDatabase, type Database } from '#server/storage/database.ts'
import { eventTermsSql } from '#server/storage/events/event-terms.ts'
import { parseQuery } from '#shared/query/parse.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { insertProject } from '../../support/project.ts'
import { randomFrom, type Random } from '../../support/random.ts'

const EVENTS = 200
const SEARCHES = 1_500
const SEED = 20

let test: TestDatabase
let database: Database
let projectId: number
let events: Encoded[]

const VALUES = [
  'web@1.2.0', 'Chrome', 'chrome', 'Mobile Safari', '50% off', 'a_b', 'axb', `O'Brien"\\`, 'x=y', "a' 'b", '',
  'Übergröße', 'İstanbul', 'ΟΔΟΣ', 'οδοσ', '😀 boom', 'aab', 'aaab', 'ab', '(x)', '*', '42', 'true', 'ﬁ', 'ǅ', 'K',
] // prettier-ignore
const KEYS = [
  'browser',
  'my key',
  'user.id',
  'level',
  "it's",
  '__proto__',
  'constructor',
  'Ö',
  'user',
  'release',
]
const WORDS = [
  'TypeError:', 'handleRequest', 'HTTPServer', 'OrderService.handleRequest', 'browser=Chrome', 'read', 'timeout',
  'READ', 'of', 'a_b', "it's", '100%', 'x\\y', '…', '"', 'straße', 'STRASSE', 'ΟΔΟΣ', 'İx', '😀', 'x=y', 'e\u0301',
] // prettier-ignore

const textOf = (random: Random): string =>
  Array.from({ length: 1 + random.below(4) }, () => random.oneOf([...WORDS, ...VALUES])).join(
    random.oneOf([' ', '  ', ' ', '-']),
  )

function anEvent(random: Random): Encoded {
  const maybe = <T>(value: () => T): T | undefined => (random.below(3) === 0 ? undefined : value())
  const value = () => random.oneOf(VALUES)
  return encodedEvent({
    projectId,
    payload: {
      message: textOf(random),
      level: random.oneOf(['debug', 'info', 'warning', 'error', 'fatal']),
      environment: maybe(() => random.oneOf(['production', 'staging', 'a_b'])),
      release: maybe(value),
      transaction: maybe(value),
      platform: random.oneOf(['node', 'python']),
      user: maybe(() => ({ [random.oneOf(['id', 'email', 'username'])]: value() })),
      tags: Array.from({ length: random.below(5) }, () => [random.oneOf(KEYS), value()]),
      ...(random.below(2)
        ? {}
        : { exception: { values: [{ type: random.oneOf(WORDS), value: textOf(random) }] } }),
    },
  })
}

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

function aSearch(random: Random): string {
  const value = (): string => {
    const whole = random.oneOf([...VALUES, ...WORDS])
    const cut = [...whole].slice(random.below(3), 1 + random.below(6)).join('')
    const piece = () => quoted(random.below(3) === 0 ? cut.slice(random.below(2), 2) : cut)
    return random.oneOf([
      () => quoted(whole),
      () => `${piece()}*`,
      () => `*${piece()}`,
      () => `${piece()}*${piece()}`,
      () => `*${piece()}*`,
      () => `${whole.replaceAll(/[\s"]/g, '')}x`,
    ])()
  }
  const term = (): string =>
    random.oneOf([
      () => `level:${random.oneOf(['debug', 'info', 'warning', 'error', 'fatal'])}`,
      () =>
        `${random.oneOf(['release', 'transaction', 'environment', 'platform', 'title', 'type'])}:${value()}`,
      () => `${random.oneOf(['user', 'user.id', 'user.email'])}:${value()}`,
      () => `tag[${quoted(random.oneOf(KEYS))}]:${value()}`,
      () => `has:${quoted(random.oneOf([...KEYS, 'transaction', 'user.email', 'nowhere']))}`,
      () => random.oneOf(WORDS),
      () => random.oneOf(WORDS).slice(0, 1 + random.below(5)),
      () => random.oneOf(WORDS).toLowerCase(),
      () => quoted(textOf(random).slice(random.below(3), 3 + random.below(12))),
      () => quoted(random.oneOf(WORDS).toUpperCase()),
      () => '…',
    ])()
  return Array.from({ length: 1 + random.below(3) }, () => (random.below(4) ? '' : '!') + term()).join(' ')
}

beforeAll(async () => {
  test = await createTestDatabase()
  database = openDatabase(test.url)
  await ensurePartitions({ pool: database.write, now: Date.now })
  projectId = (await insertProject(database.write)).projectId
  const random = randomFrom(SEED)
  events = Array.from({ length: EVENTS }, () => anEvent(random))
  const verdicts = await writeBatch(database.write, events)
  expect(verdicts.every(({ outcome }) => outcome === 'stored')).toBe(true)
}, 60_000)
afterAll(async () => {
  await database?.close()
  await test?.drop()
})

async function foundBySql(query: string): Promise<string[]> {
  const parts = binder()
  const search = eventSearch(readQuery(query, 'events'))
  const { rows } = await database.read.query<{ id: string }>(
    `select replace(event_id::text, '-', '') as id from event e
     where e.project_id = ${parts.bind(projectId)} and ${eventTermsSql(search?.terms ?? [], parts)} order by 1`,
    parts.values,
  )
  return rows.map(({ id }) => id)
}

function foundByFilter(query: string): string[] {
  const fits = compileEventFilter({ query })
  return events
    .filter(({ row, description }) => fits(matchableEvent(row, description.title, null)))
    .map(({ eventId }) => eventId)
    .sort()
}

describe('a filter of events', () => {
  it(
    'STREAM-02: answers as PostgreSQL does, whatever is asked about whatever event',
    { timeout: 120_000 },
    async () => {
      const random = randomFrom(SEED + 1)
      let telling = 0
      let asked = 0
      while (asked < SEARCHES) {
        const query = aSearch(random)
        if (parseQuery(query, 'events').mistakes.length > 0) continue
        asked++
        const expected = await foundBySql(query)
        if (expected.length > 0 && expected.length < EVENTS) telling++
        expect(foundByFilter(query), query).toEqual(expected)
      }
      // The comparison is worth something only if many searches tell some events from others.
      expect(telling).toBeGreaterThan(SEARCHES / 3)
    },
  )

  it('STREAM-02: letters that change their number with their case are what they are to PostgreSQL', async () => {
    for (const query of [
      '"İX"',
      '"i̇x"',
      '"ix"',
      '"STRASSE"',
      '"straße"',
      '"οδοσ"',
      '"ΟΔΟΣ"',
      '"οδος"',
      '"ﬁ"',
      '"\ud800"',
    ])
      expect(foundByFilter(query), query).toEqual(await foundBySql(query))
  })
})
