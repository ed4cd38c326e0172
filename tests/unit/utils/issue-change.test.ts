import { describe, expect, it } from 'vitest'
import { changeBack, isChanged, leavesList, type IssueStanding } from '../../../utils/issue-change.ts'

const NOW = Date.parse('2026-11-23T10:00:00.000Z')
const LATER = '2026-12-12T00:00:00.000Z'
const unresolved: IssueStanding = { status: 'unresolved', archive: null, assignee: null }
const archived = (archive: IssueStanding['archive']): IssueStanding => ({
  ...{ status: 'archived', archive, assignee: { id: 'ada', name: 'Ada' } },
})

describe('UI-07 the way back of a change', () => {
  it('leads to the state before', () => {
    expect(changeBack(unresolved, { status: 'resolved' }, NOW)).toEqual({ status: 'unresolved' })
    expect(changeBack(unresolved, { archive: { until: 'forever' } }, NOW)).toEqual({ status: 'unresolved' })
  })

  it.each([
    [{ until: 'forever', at: null, events: null }, { archive: { until: 'forever' } }],
    [{ until: 'date', at: LATER, events: null }, { archive: { until: 'date', at: LATER } }],
    [{ until: 'count', at: null, events: 12 }, { archive: { until: 'count', events: 12 } }],
    [{ until: 'escalating', at: null, events: null }, { status: 'archived' }],
    // What the API would refuse to take again.
    [{ until: 'date', at: '2026-11-22T00:00:00.000Z', events: null }, { status: 'archived' }],
    [{ until: 'count', at: null, events: 0 }, { status: 'archived' }],
  ] as const)('keeps how it was archived: %o', (archive, back) => {
    expect(changeBack(archived(archive), { status: 'unresolved' }, NOW)).toEqual(back)
  })

  it('gives an issue back to whom it belonged, or to nobody, and leaves its state alone', () => {
    expect(changeBack(archived(null), { assigneeId: 'bob' }, NOW)).toEqual({ assigneeId: 'ada' })
    expect(changeBack(unresolved, { assigneeId: 'bob' }, NOW)).toEqual({ assigneeId: null })
  })
})

describe('what a change does', () => {
  it('nothing where the issue is there already', () => {
    expect(isChanged(unresolved, { status: 'unresolved' })).toBe(false)
    expect(isChanged(unresolved, { assigneeId: null })).toBe(false)
    expect(isChanged(archived(null), { archive: { until: 'escalating' } })).toBe(false)
    expect(isChanged(archived(null), { archive: { until: 'forever' } })).toBe(true)
    expect(
      isChanged(archived({ until: 'count', at: null, events: 5 }), {
        archive: { until: 'count', events: 50 },
      }),
    ).toBe(true)
    expect(isChanged(unresolved, { status: 'resolved' })).toBe(true)
    expect(isChanged(unresolved, { assigneeId: 'ada' })).toBe(true)
  })

  it('takes an issue off the list of its old state only', () => {
    expect(leavesList('unresolved', { status: 'resolved' })).toBe(true)
    expect(leavesList('unresolved', { archive: { until: 'forever' } })).toBe(true)
    expect(leavesList('archived', { archive: { until: 'forever' } })).toBe(false)
    expect(leavesList('unresolved', { assigneeId: 'ada' })).toBe(false)
  })
})
