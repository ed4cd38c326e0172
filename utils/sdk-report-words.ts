// What SDKs say they dropped themselves, sorted and in plain words. Names are the SDKs' own (their `client_report`);
// one nobody has written a sentence for is shown as it is.
import type { SdkReport } from '#shared/schemas/stats.ts'

const REASONS: Record<string, string> = {
  backpressure: 'The program was too busy to send.',
  before_send: 'Your own beforeSend said no.',
  buffer_overflow: 'More were waiting than the SDK holds.',
  cache_overflow: 'The SDK’s store on disk was full.',
  event_processor: 'An event processor or integration in the program said no.',
  ignored: 'Matched an ignore rule in the program.',
  insufficient_data: 'There was nothing in it to send.',
  internal_sdk_error: 'The SDK itself failed.',
  network_error: 'Mesher could not be reached.',
  other: 'No reason an SDK is known to give.',
  queue_overflow: 'More were waiting than the SDK holds.',
  ratelimit_backoff: 'Held back after Mesher asked to wait.',
  sample_rate: 'Left out by the sample rate set in the program.',
  send_error: 'Mesher refused it: too large, or not allowed.',
}
/** What of theirs is an event of ours. */
const EVENT_CATEGORIES: ReadonlySet<string> = new Set(['error', 'default', 'security'])

export interface SdkLosses {
  /** Events that never arrived, by reason. */
  events: { reason: string; sentence: string; n: number }[]
  total: number
  /** Other data (traces, sessions, replays …): Mesher does not keep it and tells SDKs so. No loss. */
  unwanted: { category: string; n: number }[]
}

export function sdkLosses(reports: readonly SdkReport[]): SdkLosses {
  const isEvent = ({ category }: SdkReport) => EVENT_CATEGORIES.has(category)
  const events = sumBy(reports.filter(isEvent), ({ reason }) => reason)
  const unwanted = sumBy(
    reports.filter((report) => !isEvent(report)),
    ({ category }) => category,
  )
  return {
    events: events.map(([reason, n]) => ({ reason, sentence: sentenceOf(reason), n })),
    total: events.reduce((sum, [, n]) => sum + n, 0),
    unwanted: unwanted.map(([category, n]) => ({ category, n })),
  }
}

const sentenceOf = (reason: string): string =>
  Object.hasOwn(REASONS, reason) ? REASONS[reason]! : 'A reason of the SDK’s own.'

function sumBy(reports: readonly SdkReport[], key: (report: SdkReport) => string): [string, number][] {
  const sums = new Map<string, number>()
  for (const report of reports) sums.set(key(report), (sums.get(key(report)) ?? 0) + report.n)
  return [...sums].sort(([, a], [, b]) => b - a)
}
