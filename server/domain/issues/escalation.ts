// When an issue that is archived until it escalates comes back (design §5). Pure.
// The week before shows what is usual: its largest hour, three times. The hour in which it was archived says nothing
// about that (its events are why it was archived), so it is left out of the week, and of that hour itself only the events
// after the archiving count.

/** Hours without events count as 0, so a quiet issue's limit is the least there is. */
export const ESCALATION_HOURS = 168
const LEAST_LIMIT = 10
const TIMES = 3

/** @param largestHour events of the largest of the `ESCALATION_HOURS` full UTC hours before */
export const escalationLimit = (largestHour: number): number =>
  Math.max(LEAST_LIMIT, Math.ceil(TIMES * largestHour))

/** Hours with no more events than this can be no escalation: their week need not be looked at. */
export const NEVER_ESCALATES = LEAST_LIMIT

const HOUR_MS = 3_600_000
export const hourOf = (time: Date): Date => new Date(Math.floor(time.getTime() / HOUR_MS) * HOUR_MS)

export interface ArchivedHour {
  hour: Date
  /** All its events. */
  n: number
  archivedAt: Date
  /** Events that the hour of archiving had before it. */
  archiveHourCount: number
}

/** The events of an hour that speak for an escalation. */
export function escalatingEvents({ hour, n, archivedAt, archiveHourCount }: ArchivedHour): number {
  const archivedIn = hourOf(archivedAt).getTime()
  if (hour.getTime() < archivedIn) return 0
  return hour.getTime() === archivedIn ? Math.max(0, n - archiveHourCount) : n
}
