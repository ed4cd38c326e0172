import { describe, expect, it } from 'vitest'
import { eventsLeft, transition, type Standing } from '#server/domain/issues/transition.ts'
import { ISSUE_STATUSES } from '#shared/constants/issue.ts'
import { updateIssue, updateIssues, type Archive } from '#shared/schemas/issue.ts'

const DATE = '2027-01-01T00:00:00Z'
const ENDS: Archive[] = [
  { until: 'escalating' },
  { until: 'date', at: DATE },
  { until: 'count', events: 5 },
  { until: 'forever' },
]
const standing = (status: Standing['status'], archive: Archive | null = null): Standing => ({
  status,
  archiveUntil: archive?.until ?? null,
  archiveDate: archive?.until === 'date' ? new Date(archive.at) : null,
  archiveCount: archive?.until === 'count' ? 100 + archive.events : null,
  eventCount: 100,
})
const STANDINGS = [
  standing('unresolved'),
  standing('resolved'),
  ...ENDS.map((archive) => standing('archived', archive)),
]

describe('transition', () => {
  it('ISSUE-01: moves from any state to any other, each with what belongs to it', () => {
    for (const from of STANDINGS) {
      for (const status of ISSUE_STATUSES.filter((one) => one !== from.status)) {
        expect(transition(from, { status })).toEqual(
          {
            unresolved: { status, substatus: 'ongoing', archive: null },
            resolved: { status, substatus: null, archive: null },
            archived: { status, substatus: null, archive: { until: 'escalating' } },
          }[status],
        )
      }
    }
  })

  it('ISSUE-01: archives with any end, from any state, also from another end', () => {
    for (const from of STANDINGS) {
      for (const archive of ENDS) {
        const same = from.archiveUntil === archive.until
        expect(transition(from, { archive })).toEqual(
          same ? null : { status: 'archived', substatus: null, archive },
        )
      }
    }
  })

  it('ISSUE-01: does nothing when the issue is there already, and keeps an end nobody speaks of', () => {
    for (const from of STANDINGS) {
      expect(transition(from, { status: from.status })).toBeNull()
      expect(transition(from, {})).toBeNull()
    }
  })

  it('ISSUE-01: another date or another number of events is another end', () => {
    const archived = (archive: Archive) => standing('archived', archive)
    expect(
      transition(archived({ until: 'date', at: DATE }), {
        archive: { until: 'date', at: '2027-01-01T01:00:00+01:00' },
      }),
    ).toBeNull()
    expect(
      transition(archived({ until: 'date', at: DATE }), {
        archive: { until: 'date', at: '2027-01-02T00:00:00Z' },
      }),
    ).toMatchObject({ archive: { at: '2027-01-02T00:00:00Z' } })
    expect(
      transition(archived({ until: 'count', events: 5 }), { archive: { until: 'count', events: 6 } }),
    ).toMatchObject({ archive: { events: 6 } })
  })

  it('ISSUE-01: says how many events are left, never less than none', () => {
    expect(eventsLeft({ archiveCount: 105, eventCount: 100 })).toBe(5)
    expect(eventsLeft({ archiveCount: 105, eventCount: 200 })).toBe(0)
    expect(eventsLeft({ archiveCount: null, eventCount: 200 })).toBeNull()
  })
})

describe('what a change may say', () => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  it('ISSUE-01: knows the four ends and their bounds', () => {
    const pathOf = (body: unknown) => updateIssue.safeParse(body).error?.issues[0]?.path.join('.')
    for (const archive of [
      { until: 'escalating' },
      { until: 'forever' },
      { until: 'count', events: 1 },
      { until: 'date', at: inDays(365) },
    ])
      expect(pathOf({ archive })).toBeUndefined()
    expect(pathOf({ archive: { until: 'tomorrow' } })).toBe('archive.until')
    expect(pathOf({ archive: { until: 'date', at: inDays(-1) } })).toBe('archive.at')
    expect(pathOf({ archive: { until: 'date', at: inDays(370) } })).toBe('archive.at')
    expect(pathOf({ archive: { until: 'date', at: 'soon' } })).toBe('archive.at')
    expect(pathOf({ archive: { until: 'date' } })).toBe('archive.at')
    for (const events of [0, -1, 1.5, 1_000_001])
      expect(pathOf({ archive: { until: 'count', events } })).toBe('archive.events')
    expect(pathOf({ status: 'resolved', archive: { until: 'forever' } })).toBe('archive')
    expect(pathOf({ status: 'archived', archive: { until: 'forever' } })).toBeUndefined()
    expect(pathOf({ status: 'merged' })).toBe('status')
    expect(pathOf({})).toBe('')
    expect(pathOf({ version: 1 })).toBe('')
    expect(pathOf({ assigneeId: 'a\0b' })).toBe('assigneeId')
    expect(pathOf({ assigneeId: null })).toBeUndefined()
  })

  it('ISSUE-03: many issues are named or matched, and one thing is done to them', () => {
    const problem = (body: unknown) => updateIssues.safeParse(body).error?.issues[0]?.path.join('.')
    const change = { status: 'resolved' }
    expect(problem({ ids: ['1'], change })).toBeUndefined()
    expect(problem({ query: {}, change })).toBeUndefined()
    expect(problem({ change })).toBe('ids')
    expect(problem({ ids: ['1'], query: {}, change })).toBe('ids')
    expect(problem({ ids: [], change })).toBe('ids')
    expect(problem({ ids: Array(501).fill('1'), change })).toBe('ids')
    expect(problem({ query: {}, change, cursor: 'x' })).toBe('operationId')
    expect(problem({ query: { status: 'merged' }, change })).toBe('query.status')
    expect(problem({ ids: ['1'], change: {} })).toBe('change')
    expect(problem({ ids: ['1'], change: { ...change, delete: true } })).toBe('change')
    expect(problem({ ids: ['1'], change: { delete: true, discard: true } })).toBe('change')
    expect(problem({ ids: ['1'], change: { discard: true } })).toBeUndefined()
    expect(problem({ ids: ['1'], change, operationId: 'x' })).toBe('operationId')
  })
})
