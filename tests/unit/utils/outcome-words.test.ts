import { describe, expect, it } from 'vitest'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import {
  formatSampleRate,
  OUTCOME_SERIES,
  outcomeSentence,
  TURNED_AWAY,
} from '../../../utils/outcome-words.ts'
import { sdkLosses } from '../../../utils/sdk-report-words.ts'

const settings = { rateLimitPerMinute: 6_000, sampleRate: 1 }

describe('verdicts in words', () => {
  it('each has a name, a colour of its own and a sentence, in the order of the counts', () => {
    expect(OUTCOME_SERIES.map(({ outcome }) => outcome)).toEqual([...OUTCOMES])
    expect(new Set(OUTCOME_SERIES.map(({ colour }) => colour)).size).toBe(OUTCOMES.length)
    const sentences = OUTCOMES.map((outcome) => outcomeSentence(outcome, settings))
    expect(new Set(sentences).size).toBe(OUTCOMES.length)
    for (const { outcome, hatched } of OUTCOME_SERIES) expect(hatched).toBe(TURNED_AWAY.has(outcome))
  })

  it('say the numbers of the project', () => {
    expect(outcomeSentence('rate_limited', settings)).toMatch(/^Over 6,000 events a minute/)
    expect(outcomeSentence('rate_limited', { ...settings, rateLimitPerMinute: 0 })).toMatch(/no limit now/)
    expect(outcomeSentence('sampled', { ...settings, sampleRate: 0.125 })).toMatch(/12\.5% of events/)
    expect(outcomeSentence('sampled', settings)).toMatch(/Every event is stored now/)
    expect([0, 0.0001, 1 / 3, 1].map(formatSampleRate)).toEqual(['0%', '0.01%', '33.33%', '100%'])
  })
})

describe('what SDKs dropped', () => {
  it('is lost when it was an event, and no loss when it is data nobody asked for', () => {
    const losses = sdkLosses([
      { reason: 'before_send', category: 'error', n: 3 },
      { reason: 'ratelimit_backoff', category: 'transaction', n: 900 },
      { reason: 'network_error', category: 'error', n: 5 },
      { reason: 'before_send', category: 'default', n: 4 },
      { reason: 'made_up', category: 'error', n: 1 },
      { reason: 'constructor', category: 'error', n: 1 },
    ])
    expect(losses.events.map(({ reason, n }) => [reason, n])).toEqual([
      ['before_send', 7],
      ['network_error', 5],
      ['made_up', 1],
      ['constructor', 1],
    ])
    expect(losses.total).toBe(14)
    expect(losses.events[0]!.sentence).toMatch(/beforeSend/)
    expect(losses.events.slice(2).map(({ sentence }) => sentence)).toEqual(
      Array(2).fill('A reason of the SDK’s own.'),
    )
    expect(losses.unwanted).toEqual([{ category: 'transaction', n: 900 }])
  })
})
