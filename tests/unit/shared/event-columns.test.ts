import { describe, expect, it } from 'vitest'
import { MAX_COLUMNS, PAGE_COLUMNS, parseColumns, tagColumn, tagKeyOf } from '#shared/event-columns.ts'

describe('the columns an address names', () => {
  it('keeps their order, each once', () =>
    expect(parseColumns('title,time,title,tag.browser', PAGE_COLUMNS)).toEqual([
      'title',
      'time',
      'tag.browser',
    ]))

  it.each(['browser', 'region,north', 'a b', 'ü', '%', 'tag.x', '=1', '__proto__'])(
    'finds the tag %j again',
    (key) => {
      const columns = parseColumns(`time,${tagColumn(key)},user`, PAGE_COLUMNS)
      expect(columns).toHaveLength(3)
      expect(tagKeyOf(columns![1]!)).toBe(key)
    },
  )

  it.each(['', ',', 'nothing', 'time,payload', 'tag.', 'tag.%E0%A4', 'constructor'])('refuses %j', (text) =>
    expect(parseColumns(text, PAGE_COLUMNS)).toBeNull(),
  )

  it('refuses more than a table has room for', () => {
    const many = Array.from({ length: MAX_COLUMNS + 1 }, (_, i) => `tag.k${i}`).join(',')
    expect(parseColumns(many, PAGE_COLUMNS)).toBeNull()
  })
})
