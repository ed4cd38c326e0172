import { describe, expect, it } from 'vitest'
import { ACTIVITY_KINDS, type Activity } from '#shared/schemas/issue.ts'
import { activityWords } from '../../../utils/activity-words.ts'

const NOW = Date.parse('2026-11-23T10:00:00.000Z')
const ada = { id: 'a', name: 'Ada' }
const entry = (
  kind: Activity['kind'],
  data: Record<string, unknown> = {},
  actor: Activity['actor'] = ada,
): Activity => ({
  ...{ id: '1', kind, actor, data, createdAt: '2026-11-23T10:00:00.000Z' },
})
const did = (...of: Parameters<typeof entry>) => activityWords(entry(...of), NOW, 'UTC').did

describe('UI-07 the history of an issue, in sentences', () => {
  it('every kind has its own, with and without what belongs to it', () => {
    const sentences = ACTIVITY_KINDS.map((kind) => did(kind))
    expect(new Set(sentences).size).toBe(ACTIVITY_KINDS.length)
    expect(sentences.join()).not.toMatch(/undefined|null|NaN/)
  })

  it.each([
    ['archived', { until: 'date', at: '2026-12-12T00:00:00Z', events: null }, 'archived it until 12 Dec'],
    ['archived', { until: 'count', at: null, events: 50 }, 'archived it until 50 more events'],
    ['archived', { until: 'somehow' }, 'archived it'],
    ['assigned', { assignee: { id: 'b', name: 'Bob' } }, 'assigned it to \u2068Bob\u2069'],
    ['assigned', { assignee: { id: 'a', name: 'Ada' } }, 'took it'],
    [
      'escalated',
      { count: 1200, limit: 30 },
      'saw it escalate: 1,200 events in one hour, above its limit of 30',
    ],
    ['merged', { issues: [{ id: '2', shortId: 'WEB-2', title: 't' }] }, 'merged WEB-2 into it'],
    [
      'merged',
      { issues: ['2', '3', '4', '5', '6'].map((id) => ({ id, shortId: `WEB-${id}`, title: 't' })) },
      'merged WEB-2, WEB-3, WEB-4 and 2 more into it',
    ],
    [
      'unmerged',
      { issues: [{ shortId: 'WEB-2' }, { shortId: 'WEB-3' }] },
      'took WEB-2 and WEB-3 out of it again',
    ],
  ] as const)('%s %o', (kind, data, sentence) => {
    expect(did(kind, { ...data })).toBe(sentence)
  })

  it('a name cannot reorder the sentence', () => {
    expect(did('assigned', { assignee: { id: 'b', name: 'a\u202Eb' } })).toBe(
      'assigned it to \u2068a‹U+202E›b\u2069',
    )
  })

  it('nobody is Mesher itself', () => {
    expect(activityWords(entry('regressed', undefined, null), NOW, 'UTC').who).toBeNull()
  })
})
