// Times in a search: an age (`24h`) or an ISO day or time, read strictly; a time without a zone is UTC.

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const
const AGE = /^(\d{1,4})([mhdw])$/
const DAY = /^\d{4}-\d\d-\d\d$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?$/
const DAY_MS = UNIT_MS.d

export const isAge = (text: string): boolean => AGE.test(text)
export const isDay = (text: string): boolean => DAY.test(text)

/** Milliseconds since the epoch; NaN when it is no time. An age counts back from `now`; a day is its first instant. */
export function instantOf(text: string, now: number): number {
  const age = AGE.exec(text)
  if (age) return now - Number(age[1]) * UNIT_MS[age[2] as keyof typeof UNIT_MS] // the pattern lets no other unit in
  const day = text.slice(0, 10)
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // JavaScript takes the 30th of February for a day in March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return NaN
  if (DAY.test(text)) return midnight
  const time = TIME.exec(text)
  return time ? Date.parse(time[3] === undefined ? `${text}Z` : text) : NaN
}

/** The day as `[from, to)`, ms since the epoch. */
export const dayOf = (text: string): { from: number; to: number } => {
  const from = instantOf(text, 0)
  return { from, to: from + DAY_MS }
}
