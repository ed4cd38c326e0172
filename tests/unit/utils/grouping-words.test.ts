import { describe, expect, it } from 'vitest'
import { group } from '#server/domain/grouping/v1.ts'
import type { NormalEvent } from '#shared/schemas/event.ts'
import type { GroupingReason } from '#shared/schemas/issue.ts'
import {
  groupingPart,
  groupingSentence,
  mergedSentence,
  type IssueGroup,
} from '../../../utils/grouping-words.ts'
import { normal, thrown } from '../server/domain/samples.ts'

const frames = [{ function: 'pay', filename: '/srv/shop.js', in_app: true }]
const whyOf = (event: NormalEvent): GroupingReason => group(event).why
const groupOf = (why: GroupingReason): IssueGroup => ({
  ...{ id: '1', hash: '0'.repeat(32), createdAt: '2026-11-23T00:00:00.000Z', why },
  ...{ mergedFrom: null, eventCount: 1, lastSeen: null },
})

describe('why this is one issue, in words', () => {
  it('GROUP-05: every reason has its own sentence', () => {
    const reasons: [GroupingReason['strategy'], NormalEvent, RegExp][] = [
      ['stack', thrown('E', 'v', frames), /same functions/],
      ['exception', thrown('E', 'v'), /No frames to compare/],
      ['message', normal({ message: 'm' }), /No exception/],
      ['constant', normal({}), /nothing in them to tell them apart/],
      ['fingerprint', normal({ message: 'm', fingerprint: ['a'] }), /nothing else was compared/],
      ['fingerprint', normal({ message: 'm', fingerprint: ['a', '{{ default }}'] }), /the same in the rest/],
    ]
    for (const [strategy, event, words] of reasons) {
      expect(whyOf(event).strategy).toBe(strategy)
      expect(groupingSentence(whyOf(event))).toMatch(words)
    }
    expect(new Set(reasons.map(([, event]) => groupingSentence(whyOf(event)))).size).toBe(reasons.length)
  })

  it('GROUP-05: every kind of part has a name', () => {
    const deep = Array.from({ length: 60 }, (_, i) => ({ ...frames[0], function: `f${i}` }))
    const kinds = [
      whyOf(thrown('E', 'v', deep, { fingerprint: ['x', '{{ default }}'] })),
      whyOf(normal({ message: 'm' })),
    ].flatMap(({ parts }) => parts.map(({ kind }) => kind))
    const named = Object.fromEntries(kinds.map((kind) => [kind, groupingPart(kind)]))
    expect(named).toEqual({
      ...{ fingerprint: 'Fingerprint', type: 'Type', value: 'Message', frame: 'Frame', more: '' },
      message: 'Message',
    })
  })

  it('GROUP-05: says what was merged by people, and what an earlier version of grouping had together', () => {
    const made = whyOf(normal({ message: 'a' }))
    const joined = { ...made, version: 2, joined: 1 }
    expect(mergedSentence([groupOf(made)])).toBeUndefined()
    expect(mergedSentence([groupOf(made), groupOf(joined)])).toBeUndefined()
    expect(mergedSentence([groupOf(made), groupOf(made), groupOf(joined)])).toBe('Merged from 2 groups.')
    expect(groupingSentence(joined)).toMatch(/^No exception.* Version 1 of grouping had them in this issue/)
  })
})
