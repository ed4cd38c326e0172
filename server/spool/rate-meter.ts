// Events a second over the last ten seconds, for a person to look at.
const WINDOW_MS = 10_000

export interface RateMeter {
  add(n: number): void
  perSecond(): number
}

/** @param now monotonic, ms */
export function createRateMeter(now: () => number = () => performance.now()): RateMeter {
  let counts: { at: number; n: number }[] = []
  const recent = () => (counts = counts.filter(({ at }) => at > now() - WINDOW_MS))
  return {
    add(n) {
      recent().push({ at: now(), n })
    },
    perSecond: () => Math.round((recent().reduce((sum, { n }) => sum + n, 0) / WINDOW_MS) * 1_000),
  }
}
