// Every documented limit of the ingest doors and of the normal form, in one place (design §3.1).
// Byte sizes are decoded bytes unless the name says wire.

export const KiB = 1024
export const MiB = 1024 * KiB

/** One event, decoded. Larger is 413 at our own doors; inside an envelope the item alone is dropped. */
export const MAX_EVENT_BYTES = 1 * MiB
/** `POST /api/v1/events/bulk`, decoded. */
export const MAX_BULK_BYTES = 20 * MiB
export const MAX_BULK_EVENTS = 1_000
/** Sentry envelopes: what may arrive on the wire, and what it may unpack to. */
export const MAX_ENVELOPE_WIRE_BYTES = 20 * MiB
export const MAX_ENVELOPE_BYTES = 40 * MiB
/** Everything in flight in one node: bodies being read, decoded, waiting for the writer. */
export const INFLIGHT_BUDGET_BYTES = 64 * MiB
/** JSON nested deeper than this is refused before it is parsed. */
export const MAX_JSON_DEPTH = 64
/** The tunnel form carries its key in the body's first line; no more than this is read for it. */
export const MAX_TUNNEL_HEADER_BYTES = 8 * KiB
/** A refused body is drained up to this much (or this long) so that the client reads the status. */
export const DRAIN_MAX_BYTES = 2 * MiB
export const DRAIN_MAX_MS = 2_000

/** Trims of the normal form; each cut is noted on the event. Lengths are UTF-16 code units. */
export const TRIM = {
  message: 8 * KiB,
  exceptionValue: 8 * KiB,
  exceptionType: 256,
  exceptions: 50,
  frames: 250,
  breadcrumbs: 100,
  breadcrumbMessage: 2 * KiB,
  tags: 100,
  tagKey: 200,
  tagValue: 200,
  release: 250,
  environment: 64,
  dist: 64,
  serverName: 200,
  transaction: 200,
  logger: 64,
  platform: 64,
  culprit: 200,
  fingerprintParts: 20,
  fingerprintPart: 256,
  frameText: 512,
  contextLine: 512,
  extraKeys: 200,
  string: 8 * KiB,
  notes: 100,
} as const

/** Event times outside this window around the receive time are replaced by the receive time, with a note. */
export const MAX_FUTURE_SECONDS = 60
export const MAX_AGE_DAYS = 30
/** A sender's clock that is off by more than this (by `sent_at`) shifts all its times. */
export const CLOCK_DRIFT_MINUTES = 55

export const RETENTION_DAYS = [30, 60, 90] as const
export const DEFAULT_RETENTION_DAYS = 90
export const DEFAULT_RATE_LIMIT_PER_MINUTE = 6_000
/** The highest limit that can be set; more is none. */
export const MAX_RATE_LIMIT_PER_MINUTE = 10_000_000

/** The writer takes at most this much into one transaction. */
export const MAX_BATCH_EVENTS = 500
export const MAX_BATCH_BYTES = 4 * MiB

/** The ingest stream: messages of one socket without an answer; then it is not read until half are answered. */
export const MAX_STREAM_UNACKNOWLEDGED = 1_000
/** `ref` of a message, when it is a text. UTF-16 code units. */
export const MAX_STREAM_REF = 200
/** Sockets of one node, and of one key in it. */
export const MAX_STREAM_SOCKETS = 1_000
export const MAX_STREAM_SOCKETS_PER_KEY = 500

/** Rows of one exported file. */
export const MAX_EXPORT_ROWS = 100_000

/** The live socket: what one, one person and one node may have. */
export const MAX_LIVE_SUBSCRIPTIONS = 20
export const MAX_LIVE_SOCKETS_PER_USER = 20
export const MAX_LIVE_SOCKETS = 2_000
/** Distinct filters of one project in one node: each costs a look at every event. */
export const MAX_LIVE_FILTERS = 200
export const MAX_LIVE_MESSAGE_BYTES = 64 * KiB
/** Events of one socket in a second; the rest is counted. */
export const MAX_LIVE_EVENTS_PER_SECOND = 50
/** What waits for a socket that does not drain; then the oldest goes. */
export const LIVE_RING = 256
/** News told again after a reconnect; beyond it, lists are read anew. */
export const MAX_LIVE_CATCH_UP = 1_000
/** Issues of one message of counts. */
export const MAX_LIVE_COUNTS = 200
/** Messages that cannot be read, or beyond a limit, before the socket is closed. */
export const MAX_LIVE_MISTAKES = 20

/** Of a project. */
export const MAX_RULES = 100
export const MAX_WEBHOOKS = 20
