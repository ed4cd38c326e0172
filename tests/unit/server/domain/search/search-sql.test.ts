// Terms become SQL in which nothing of what was typed is found: values travel beside the statement, always.
import { describe, expect, it } from 'vitest'
import { eventSearch } from '#server/domain/search/event-search.ts'
import { issueSearch } from '#server/domain/search/issue-search.ts'
import { readQuery } from '#server/domain/search/read-query.ts'
import { binder } from '#server/storage/bind.ts'
import { eventTermsSql } from '#server/storage/events/event-terms.ts'
import { issueTermsSql } from '#server/storage/issues/issue-terms.ts'
import { likeText } from '#server/storage/pattern.ts'
import { randomFrom } from '../../../../support/random.ts'

const now = new Date('2026-11-23T10:00:00Z')
const MARK = 'zq'
/** Digits that no statement of ours holds. */
const NUMBER = '987654'

const eventSql = (query: string) => {
  const parts = binder()
  return {
    sql: eventTermsSql(eventSearch(readQuery(query, 'events'))?.terms ?? [], parts),
    values: parts.values,
  }
}
const issueSql = (query: string) => {
  const parts = binder()
  const sql = issueTermsSql(
    issueSearch(readQuery(query, 'issues'), `${MARK}-me`, now).terms,
    () => parts.bind(1),
    parts,
  ).join(' and ')
  return { sql, values: parts.values }
}

const VALUES = [
  `${MARK}`,
  `${MARK}'; drop table x`,
  `"${MARK} (x) $1"`,
  `${MARK}*`,
  `*${MARK}%`,
  `"${MARK}\\\\"`,
]
const FORMS = [
  ...[
    'title',
    'type',
    'platform',
    'environment',
    'release',
    'transaction',
    'user',
    'user.id',
    MARK,
    `tag[${MARK}']`,
  ].flatMap((key) => VALUES.map((value) => `${key}:${value}`)),
  ...VALUES,
  `has:${MARK}`,
]
const FORMS_OF_ISSUES = [
  `assigned:${MARK}`,
  'assigned:me',
  `events:>${NUMBER}`,
  `users:${NUMBER}`,
  'firstSeen:>2019-01-02',
  'level:fatal',
  'is:new',
]

describe('the SQL of a search', () => {
  it('SEARCH-02: holds no value that was typed, in any company', () => {
    const random = randomFrom(7)
    const ask = (forms: readonly string[]) =>
      Array.from(
        { length: 1 + random.below(3) },
        () => (random.below(2) ? '!' : '') + random.oneOf(forms),
      ).join(' ')
    for (let round = 0; round < 500; round++) {
      for (const { sql, values } of [eventSql(ask(FORMS)), issueSql(ask([...FORMS, ...FORMS_OF_ISSUES]))]) {
        expect(sql).not.toContain(MARK)
        expect(sql).not.toContain(NUMBER)
        expect(sql).not.toMatch(/drop|2019|--|;/)
        // Every placeholder has its value, and every value its placeholder.
        const placeholders = new Set([...sql.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)))
        expect([...placeholders].sort((a, b) => a - b)).toEqual(values.map((_, i) => i + 1))
      }
    }
  })

  it('SEARCH-01: what LIKE takes for a wildcard is escaped, and only * is one', () => {
    expect(likeText(['50%_a\\', 'b'])).toBe('50\\%\\_a\\\\%b')
    expect(eventSql('release:web_1*').values).toEqual(['web\\_1%'])
    expect(eventSql('release:"web*"').values).toEqual(['web*'])
  })

  it('SEARCH-01: times count from when the reading began', () => {
    expect(issueSql('firstSeen:-24h').values).toEqual([new Date('2026-11-22T10:00:00Z')])
    expect(issueSql('lastSeen:2026-01-31').values).toEqual([
      new Date('2026-01-31T00:00:00Z'),
      new Date('2026-02-01T00:00:00Z'),
    ])
    expect(issueSql('lastSeen:<2026-01-31T10:00+02:00').values).toEqual([new Date('2026-01-31T08:00:00Z')])
  })

  it.each([
    ['timeout browser:Chrome', `('timeout':*) & ('browser=chrome')`],
    ['browser:Mob*', `('browser=mob':*)`],
    ['has:browser', `('browser=')`],
    ['!browser:Chrome', null],
    ['release:x', null],
    ['!!!', ''],
  ])('SEARCH-03: %s leads into the index of words by %s', (query, words) => {
    expect(eventSearch(readQuery(query, 'events'))?.words).toBe(words)
  })
})
