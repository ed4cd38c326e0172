// The arithmetic of one limit in one minute on one node: what it holds, when it asks for more, how much. No clock and no
// PostgreSQL here; rate-limiter.ts has both.

export interface RateWindow {
  readonly projectId: number
  /** 0: the limit of the whole project. */
  readonly keyId: number
  /** Events a minute, as this node knows it. */
  limit: number
  /** Leased by this node in this minute. */
  granted: number
  /** Admitted by this node in this minute. */
  taken: number
  /** Events that stand at the door for lack of a lease; part of them may be covered by what is held. */
  waiting: number
  /** PostgreSQL had less than was asked: nothing more comes in this minute. */
  closed: boolean
}

/** A lease is this part of the limit: a minute at the limit is fifty leases, and no idle node holds much. */
const LEASES_PER_MINUTE = 50

export const openWindow = (projectId: number, keyId: number, limit: number): RateWindow => ({
  projectId,
  keyId,
  limit,
  granted: 0,
  taken: 0,
  waiting: 0,
  closed: false,
})

export const chunkOf = (limit: number): number => Math.max(1, Math.floor(limit / LEASES_PER_MINUTE))

/**
 * How many more this node may admit now.
 * @param alone PostgreSQL does not answer: the node counts what it admits itself against the whole limit, unless it had
 * learned before that the limit is reached
 */
export function leftOf(window: RateWindow, alone: boolean): number {
  const { granted, limit, taken, closed } = window
  return Math.max(0, (alone && !closed ? limit : Math.min(granted, limit)) - taken)
}

/** Whether no answer can bring more in this minute, so that asking is useless. */
export const isFinal = ({ closed, granted, taken, limit }: RateWindow, alone: boolean): boolean =>
  alone || closed || Math.min(granted, taken) >= limit // what was admitted without a lease is still to be booked

/** Whether to ask before the lease is used up. Leases of one event are asked for when needed: none lies idle. */
export function isLow(window: RateWindow): boolean {
  const chunk = chunkOf(window.limit)
  return !isFinal(window, false) && chunk > 1 && leftOf(window, false) < chunk / 2
}

/**
 * What to ask for: a chunk, or what the waiting miss if that is more. After a time alone it begins with what was
 * admitted without a lease.
 */
export function askOf(window: RateWindow): number {
  const { granted, limit, taken, waiting } = window
  const held = Math.max(0, granted - taken)
  const owed = Math.max(0, taken - granted)
  return Math.min(limit, Math.max(chunkOf(limit), waiting - held) + owed)
}

/** The answer to `asked`, which was decided by `limit`. */
export function receive(
  window: RateWindow,
  granted: number,
  { asked, limit }: { asked: number; limit: number },
) {
  window.granted += granted
  // A limit raised meanwhile has room that this answer does not know of.
  if (granted < asked && window.limit <= limit) window.closed = true
}

/** A lease in hand outlives a lowered limit; it is a chunk and a half at most, and never more than the new limit. */
export function changeLimit(window: RateWindow, limit: number): void {
  if (limit > window.limit) window.closed = false
  window.limit = limit
}
