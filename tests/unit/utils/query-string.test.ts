import { describe, expect, it } from 'vitest'
import { queryEntries, queryOf } from '../../../utils/query-string.ts'

describe('query strings', () => {
  it('are names and values', () => {
    expect(queryEntries('?a=1&b=x%20y+z&c&d=1=2')).toEqual([
      ['a', '1'],
      ['b', 'x y z'],
      ['c', ''],
      ['d', '1=2'],
    ])
  })
  it('stay as sent when broken', () => expect(queryEntries('a=%E0%A4%A')).toEqual([['a', '%E0%A4%A']]))
  it('are found in the address too', () => {
    expect(queryOf({ url: 'https://x/?a=1#b?c' })).toBe('a=1')
    expect(queryOf({ url: 'https://x/?a=1', queryString: 'b=2' })).toBe('b=2')
    expect(queryOf({})).toBe('')
  })
})
