// How values are spread, as plain numbers: a histogram that costs an event a comparison or ten and two additions. Who
// reads it (metrics.ts) turns it into the exposition's form at the scrape, not before.

export interface Distribution {
  /** Upper bounds of all buckets but the last, ascending. */
  readonly bounds: readonly number[]
  /** How many were at most `bounds[i]` and above the bound before; the last: above all. */
  readonly counts: readonly number[]
  readonly sum: number
  observe(value: number): void
}

export function createDistribution(bounds: readonly number[]): Distribution {
  const counts = new Array<number>(bounds.length + 1).fill(0)
  let sum = 0
  return {
    bounds,
    counts,
    get sum() {
      return sum
    },
    observe(value) {
      let i = 0
      while (i < bounds.length && value > bounds[i]!) i++
      counts[i]!++
      sum += value
    },
  }
}
