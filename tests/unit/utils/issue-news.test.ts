import { describe, expect, it } from 'vitest'
import type { IssueRow } from '../../../shared/schemas/issue.ts'
import { withCounts, withState } from '../../../utils/issue-news.ts'

const row: IssueRow = {
  ...{ id: '1', shortId: 'WEB-1', projectId: '7', title: 'E: x', type: 'E', value: 'x', culprit: null },
  ...{
    level: 'error',
    platform: 'node',
    status: 'unresolved',
    substatus: 'new',
    eventCount: 5,
    userCount: 1,
  },
  ...{ firstSeen: '2026-11-23T10:00:00.000Z', lastSeen: '2026-11-23T11:00:00.000Z', assignee: null },
  ...{ version: 3, archive: null, escalationLimit: 40, hourly: Array.from({ length: 24 }, () => 1) },
}

describe('a row and what happened', () => {
  it('takes new totals, and the sparkline its last hour', () => {
    const counts = {
      ...{ id: '1', eventCount: 9, userCount: 2 },
      ...{ lastSeen: '2026-11-23T12:00:00.000Z', level: 'fatal' as const },
    }
    const now = withCounts(row, counts)
    expect(now).toMatchObject({ eventCount: 9, userCount: 2, level: 'fatal', lastSeen: counts.lastSeen })
    expect(now.hourly.at(-1)).toBe(5)
    expect(now.hourly).toHaveLength(24)
    expect(row.hourly.at(-1)).toBe(1)
  })
  it('takes a newer state and keeps what lists have of their own', () => {
    const now = withState(row, {
      ...row,
      status: 'resolved',
      substatus: null,
      version: 4,
      escalationLimit: null,
    })
    expect(now).toMatchObject({
      status: 'resolved',
      substatus: null,
      version: 4,
      escalationLimit: 40,
      eventCount: 5,
    })
  })
  it('takes no older state', () => {
    expect(withState(row, { ...row, status: 'resolved', version: 2 })).toBe(row)
  })
})
