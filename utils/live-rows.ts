// Rows of the live list: newest first, each once, not more than are kept; and how fast they come.
import { formatExact } from './format-count.ts'

/** @param more newest first, and newer than what is there */
export function keepNewest<Row extends { id: string }>(
  more: readonly Row[],
  rows: readonly Row[],
  most: number,
): readonly Row[] {
  const seen = new Set<string>()
  const kept: Row[] = []
  for (const row of [...more, ...rows]) {
    if (kept.length === most) break
    if (seen.has(row.id)) continue
    seen.add(row.id)
    kept.push(row)
  }
  return kept
}

const WINDOW_MS = 5_000

/** Events a second, over the last few. */
export function arrivalRate(counted: readonly { at: number; count: number }[], now: number): number {
  let sum = 0
  for (const { at, count } of counted) if (at > now - WINDOW_MS && at <= now) sum += count
  return sum / (WINDOW_MS / 1_000)
}

/** "0", "0.4", "12", "1,204". */
export const formatRate = (rate: number): string =>
  rate === 0 || rate >= 10 ? formatExact(Math.round(rate)) : rate.toFixed(1)
