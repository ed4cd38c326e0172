// Which of the stored events one is: "12 of 340", the newest being the first, so that the way from there is
// short. Counted exactly to 1,000.
import { formatExact } from './format-count.ts'

const COUNTED_UP_TO = 1_000

const bounded = (count: number): string =>
  count > COUNTED_UP_TO ? `${formatExact(COUNTED_UP_TO)}+` : formatExact(count)

/** Null when it was not counted. */
export function eventPlace({ newer, older }: { newer?: number; older?: number }): string | null {
  if (newer === undefined || older === undefined) return null
  return `${bounded(newer + 1)} of ${bounded(newer + 1 + older)}`
}
