// How long to wait before a crashed process is started again: grows with each crash, is capped, and is spread a
// little so that children that fell together do not rise in step. Pure; randomness is handed in.

export interface Backoff {
  initialMs: number
  maxMs: number
  /** Each further restart waits this many times longer. Default 2. */
  factor?: number
  /** Share of the delay that is random, 0–1. Default 0.2. */
  jitter?: number
}

/** `attempt` counts from 1: the first restart waits about `initialMs`. */
export function backoffMs(backoff: Backoff, attempt: number, random: () => number): number {
  const { initialMs, maxMs, factor = 2, jitter = 0.2 } = backoff
  const full = Math.min(maxMs, initialMs * factor ** Math.max(0, attempt - 1))
  return Math.round(full * (1 - jitter * random()))
}
