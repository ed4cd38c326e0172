// PostgreSQL's time on this node: the node's own clock corrected by a measured offset, so that events stamped by
// different nodes are ordered by one clock. Measured again and again by the `clock` process.
export interface DatabaseClock {
  /** ms since the epoch. */
  now(): number
  /** Takes a new measurement: how far PostgreSQL is ahead of this node, ms. */
  correct(offsetMs: number): void
  readonly offsetMs: number
}

export function createDatabaseClock(nodeNow: () => number = Date.now): DatabaseClock {
  let offsetMs = 0
  return {
    now: () => nodeNow() + offsetMs,
    correct(measured) {
      offsetMs = Math.round(measured)
    },
    get offsetMs() {
      return offsetMs
    },
  }
}
