// What is measured, as one list. Names are what `--only` takes: kind.form.size.
import type { BodyKind } from './bodies.ts'

export interface Scenario {
  name: string
  /** Against the app, or against one of the limit programs. */
  target: 'app' | 'bare-server' | 'bare-writer'
  kind: BodyKind
  kilobytes: number
  eventsPerRequest: number
  connections: number
  /** Unanswered on each connection; one when absent. */
  window?: number
  groups: number | 'every'
  /** Requests a second, open loop. */
  ratePerSecond?: number
  /** A transaction with an old snapshot stays open beside it. */
  snapshot?: true
  /** Open loop, at half of what this run reached; left out when that one was not part of it. */
  halfOf?: string
  /** Times the usual length: what is looked for shows with time. */
  longer?: number
  /** So long, whatever the usual length is. */
  seconds?: number
  /** On a database where another project has so many events (millions, a matter of minutes), and in turns on one without. */
  stored?: number
  /** Only when it is asked for by its name. */
  onRequest?: true
  /** The limit it is held against. */
  limit?: string
  /** Part of `--quick`. */
  quick?: true
}

const SINGLE = { kind: 'single', eventsPerRequest: 1, connections: 64, groups: 200 } as const
const BULK = { kind: 'bulk', eventsPerRequest: 100, connections: 16, groups: 200 } as const
/** 100 events of 50 KiB are 5 MB: with more at once the budget for bodies in flight would be what is measured. */
const BULK_LARGE = { ...BULK, connections: 4 } as const
/** As many events under way as a busy fleet of SDKs would have, on few connections. */
const STREAM = { kind: 'stream', eventsPerRequest: 1, connections: 8, window: 128, groups: 200 } as const

export const SCENARIOS: readonly Scenario[] = [
  // The machine's own limits, first.
  { name: 'limit.server.2k', target: 'bare-server', ...SINGLE, kilobytes: 2, quick: true },
  { name: 'limit.writer.single.1k', target: 'bare-writer', ...SINGLE, kilobytes: 1 },
  { name: 'limit.writer.single.2k', target: 'bare-writer', ...SINGLE, kilobytes: 2, quick: true },
  { name: 'limit.writer.single.10k', target: 'bare-writer', ...SINGLE, kilobytes: 10 },
  { name: 'limit.writer.single.50k', target: 'bare-writer', ...SINGLE, kilobytes: 50 },
  { name: 'limit.writer.bulk.1k', target: 'bare-writer', ...BULK, kilobytes: 1 },
  { name: 'limit.writer.bulk.2k', target: 'bare-writer', ...BULK, kilobytes: 2, quick: true },
  { name: 'limit.writer.bulk.10k', target: 'bare-writer', ...BULK, kilobytes: 10 },
  { name: 'limit.writer.bulk.50k', target: 'bare-writer', ...BULK_LARGE, kilobytes: 50 },

  { name: 'ingest.single.1k', target: 'app', ...SINGLE, kilobytes: 1, limit: 'limit.writer.single.1k' },
  {
    name: 'ingest.single.2k',
    target: 'app',
    ...SINGLE,
    kilobytes: 2,
    limit: 'limit.writer.single.2k',
    quick: true,
  },
  { name: 'ingest.single.10k', target: 'app', ...SINGLE, kilobytes: 10, limit: 'limit.writer.single.10k' },
  { name: 'ingest.single.50k', target: 'app', ...SINGLE, kilobytes: 50, limit: 'limit.writer.single.50k' },
  { name: 'ingest.bulk.1k', target: 'app', ...BULK, kilobytes: 1, limit: 'limit.writer.bulk.1k' },
  {
    name: 'ingest.bulk.2k',
    target: 'app',
    ...BULK,
    kilobytes: 2,
    limit: 'limit.writer.bulk.2k',
    quick: true,
  },
  { name: 'ingest.bulk.10k', target: 'app', ...BULK, kilobytes: 10, limit: 'limit.writer.bulk.10k' },
  { name: 'ingest.bulk.50k', target: 'app', ...BULK_LARGE, kilobytes: 50, limit: 'limit.writer.bulk.50k' },
  {
    name: 'ingest.ws.2k',
    target: 'app',
    ...STREAM,
    kilobytes: 2,
    limit: 'limit.writer.single.2k',
    quick: true,
  },
  {
    ...{ name: 'ingest.envelope.2k', target: 'app', ...SINGLE, kind: 'envelope', kilobytes: 2 },
    limit: 'limit.writer.single.2k',
  },
  {
    ...{ name: 'ingest.new-issues.2k', target: 'app', ...SINGLE, kilobytes: 2, groups: 'every' },
    limit: 'limit.writer.single.2k',
  },
  {
    ...{ name: 'ingest.snapshot.2k', target: 'app', ...SINGLE, kilobytes: 2, snapshot: true, longer: 3 },
    limit: 'limit.writer.single.2k',
  },
  { name: 'ingest.half.2k', target: 'app', ...SINGLE, kilobytes: 2, halfOf: 'ingest.single.2k' },
  {
    ...{ name: 'ingest.flat.2k', target: 'app', ...SINGLE, kilobytes: 2, ratePerSecond: 2_000 },
    ...{ seconds: 300, onRequest: true },
  },
  {
    ...{ name: 'ingest.full.2k', target: 'app', ...SINGLE, kilobytes: 2, stored: 5_000_000 },
    ...{ limit: 'limit.writer.single.2k', onRequest: true },
  },
  { name: 'ingest.steady.2k', target: 'app', ...SINGLE, kilobytes: 2, ratePerSecond: 1_000, quick: true },
]
