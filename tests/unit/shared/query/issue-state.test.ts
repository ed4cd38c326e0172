import { describe, expect, it } from 'vitest'
import { stateOf, stateOfTab, tabOf, withoutState } from '#shared/query/issue-state.ts'
import { parseQuery } from '#shared/query/parse.ts'
import { ISSUE_TABS } from '#shared/constants/issue.ts'

const termsOf = (query: string) => parseQuery(query, 'issues').terms

describe('the state of a list', () => {
  it.each([
    ['', { status: 'resolved' }, 'resolved', undefined, 'resolved'],
    ['', { status: 'unresolved', substatus: 'new' }, 'unresolved', 'new', 'new'],
    ['is:archived', { status: 'unresolved', substatus: 'new' }, 'archived', undefined, 'archived'],
    ['is:regressed boom', { status: 'resolved' }, 'unresolved', 'regressed', 'regressed'],
    ['is:new is:unresolved', { status: 'archived' }, 'unresolved', 'new', 'new'],
    ['!is:new', { status: 'unresolved' }, 'unresolved', undefined, 'unresolved'],
    ['is:assigned', { status: 'resolved' }, 'resolved', undefined, 'resolved'],
    // What no tab shows.
    ['is:ongoing', { status: 'unresolved' }, 'unresolved', 'ongoing', null],
    ['is:resolved is:new', { status: 'unresolved' }, 'resolved', 'new', null],
    ['is:new is:regressed', { status: 'unresolved' }, 'unresolved', 'new', null],
    ['is:resolved is:archived', { status: 'unresolved' }, 'resolved', undefined, null],
  ] as const)('LIST-02: %s on the tab %j', (query, asked, status, substatus, tab) => {
    expect(stateOf(termsOf(query), asked)).toMatchObject({ status })
    expect(stateOf(termsOf(query), asked).substatus).toBe(substatus)
    expect(tabOf(termsOf(query), asked)).toBe(tab)
  })

  it('LIST-02: each tab shows itself, and takes away what was typed', () => {
    for (const tab of ISSUE_TABS) expect(tabOf([], stateOfTab(tab))).toBe(tab)
    expect(withoutState('boom  is:new level:error !is:regressed "two words"')).toBe(
      'boom level:error !is:regressed "two words"',
    )
    expect(withoutState('as   typed')).toBe('as   typed')
    expect(withoutState('is:new "unclosed')).toBe('is:new "unclosed')
  })
})
