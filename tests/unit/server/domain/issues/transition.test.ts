import { describe, expect, it } from 'vitest'
import { transition } from '#server/domain/issues/transition.ts'
import { ISSUE_STATUSES } from '#shared/schemas/issue.ts'

describe('transition', () => {
  it('TRIAGE-01: moves between any two states, and says what was done', () => {
    for (const from of ISSUE_STATUSES) {
      for (const to of ISSUE_STATUSES.filter((status) => status !== from)) {
        expect(transition(from, to)).toMatchObject({ status: to, activity: to })
      }
    }
  })

  it('does nothing when the issue is there already', () => {
    for (const status of ISSUE_STATUSES) expect(transition(status, status)).toBeNull()
  })

  it('keeps a substatus for unresolved issues only: one reopened by a person is ongoing', () => {
    expect(transition('resolved', 'unresolved')?.substatus).toBe('ongoing')
    expect(transition('unresolved', 'resolved')?.substatus).toBeNull()
    expect(transition('unresolved', 'archived')?.substatus).toBeNull()
  })
})
