// The verdicts about received events in plain words: what each is called, drawn with, and what it means here.
import type { Outcome } from '#shared/schemas/stats.ts'
import type { BarSeries } from './chart-options.ts'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import { formatExact } from './format-count.ts'

/** What the sentences depend on. */
export interface IntakeSettings {
  /** 0: no limit. */
  rateLimitPerMinute: number
  sampleRate: number
}

/** Taken in: the sender was told it is safe. Turned away: the sender was told it is not. */
export const TURNED_AWAY: ReadonlySet<Outcome> = new Set([
  'rate_limited',
  'too_large',
  'invalid',
  'unauthorized',
  'overloaded',
])

const NAMES: Record<Outcome, string> = {
  stored: 'Stored',
  sampled: 'Sampled out',
  discarded: 'Discarded',
  duplicate: 'Duplicate',
  rate_limited: 'Rate limited',
  too_large: 'Too large',
  invalid: 'Invalid',
  unauthorized: 'Unauthorized',
  overloaded: 'Overloaded',
}

/** In the order of OUTCOMES, which is the order of every bucket's counts. */
export const OUTCOME_SERIES: readonly (BarSeries & { outcome: Outcome })[] = OUTCOMES.map((outcome) => ({
  outcome,
  name: NAMES[outcome],
  colour: `--outcome-${outcome.replace('_', '-')}`,
  hatched: TURNED_AWAY.has(outcome),
}))

/** 0.25 → "25%", 0.0125 → "1.25%". */
export const formatSampleRate = (rate: number): string => `${Number((rate * 100).toFixed(2))}%`

/** One sentence: why events end so. */
export function outcomeSentence(
  outcome: Outcome,
  { rateLimitPerMinute, sampleRate }: IntakeSettings,
): string {
  switch (outcome) {
    case 'stored':
      return 'Kept whole: you can open and search them.'
    case 'sampled':
      return sampleRate < 1
        ? `Counted, but not kept: ${formatSampleRate(sampleRate)} of events are stored.`
        : 'Counted, but not kept, by the share set then. Every event is stored now.'
    case 'discarded':
      return 'Belong to an issue your team discarded: counted there, not kept.'
    case 'duplicate':
      return 'Delivered again with the same id: kept and counted once.'
    case 'rate_limited':
      return rateLimitPerMinute > 0
        ? `Over ${formatExact(rateLimitPerMinute)} events a minute, or over a key’s own limit.`
        : 'Over the limit of that time, or over a key’s own. The project has no limit now.'
    case 'too_large':
      return 'Larger than 1 MiB, or a request larger than 20 MiB.'
    case 'invalid':
      return 'Not readable as an event: broken JSON, or neither message nor exception.'
    case 'unauthorized':
      return 'Sent with a disabled key, another project’s, or from an origin the key does not allow.'
    case 'overloaded':
      return 'Mesher had no room left and asked to try again later; many SDKs do not.'
  }
}
