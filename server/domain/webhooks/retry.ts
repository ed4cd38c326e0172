// When a delivery that failed is tried again, and how long its destination is left alone meanwhile. Pure.

const BASE_SECONDS = 10
const FACTOR = 3
const MOST_SECONDS = 4 * 3_600
/** The thirteenth comes within a day. */
export const MAX_ATTEMPTS = 13
const HOLD_BASE_SECONDS = 5
const HOLD_MOST_SECONDS = 300
/** What a target may ask for. */
const RETRY_AFTER_MOST_SECONDS = 3_600
const JITTER = 0.2

/** @param random from 0 to 1 */
const jittered = (seconds: number, random: number): number => seconds * (1 - JITTER + 2 * JITTER * random)

/** After so many attempts, in ms; about 10 s, 30 s, 90 s … and every four hours in the end. */
export const retryDelayMs = (attempts: number, random: number): number =>
  Math.round(jittered(Math.min(MOST_SECONDS, BASE_SECONDS * FACTOR ** (attempts - 1)), random) * 1_000)

/** A destination that does not answer is asked once in a while, not by each delivery that waits for it. */
export const holdMs = (failuresInARow: number, random: number): number =>
  Math.round(
    jittered(Math.min(HOLD_MOST_SECONDS, HOLD_BASE_SECONDS * 2 ** Math.min(16, failuresInARow - 1)), random) *
      1_000,
  )

/** Seconds or an HTTP date; null: it says nothing that can be understood. */
export function retryAfterMs(header: string | null, now: Date): number | null {
  if (header === null) return null
  const text = header.trim()
  const seconds = /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - now.getTime()) / 1_000
  if (Number.isNaN(seconds)) return null
  return Math.round(Math.min(RETRY_AFTER_MOST_SECONDS, Math.max(0, seconds)) * 1_000)
}
