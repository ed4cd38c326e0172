import { describe, expect, it } from 'vitest'
import { tagQuery, tagSearch } from '../../../utils/search-link.ts'

describe('DETAIL-04 from a tag to its issues', () => {
  it.each([
    ['plan', 'enterprise', 'plan:enterprise'],
    ['browser.name', 'Chrome Mobile', 'browser.name:"Chrome Mobile"'],
    ['environment', 'staging', 'environment:staging'],
    ['path', 'C:\\temp', 'path:"C:\\\\temp"'],
    ['say', 'a "word"', 'say:"a \\"word\\""'],
    ['glob', '*', 'glob:"*"'],
    ['url', '//cdn', 'url:"//cdn"'],
    ['user', 'jane', 'tag[user]:jane'],
    ['is', 'resolved', 'tag[is]:resolved'],
    ['is resolved', 'x', 'tag[is resolved]:x'],
    ['a]b', 'x', 'tag["a]b"]:x'],
    ['line', 'a\nb', 'line:"a\nb"'],
  ])('%s = %j is asked for as %j', (key, value, query) => expect(tagQuery(key, value)).toBe(query))

  it('asks for nothing that a search cannot say', () => {
    expect(tagQuery('empty', '')).toBeNull()
    expect(tagQuery('long', 'x'.repeat(600))).toBeNull()
    expect(tagSearch('/acme/shop', 'long', 'x'.repeat(600))).toBeNull()
  })

  it('stays within the project whatever the value says', () => {
    expect(tagSearch('/acme/shop', 'a', '&status=archived#x')).toEqual({
      path: '/acme/shop/issues',
      query: { q: 'a:&status=archived#x' },
    })
  })
})
