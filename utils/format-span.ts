// A piece of time cut out of a chart, in the reader's zone: "23 Nov, 10:00 – 12:15", "20 Nov – 22 Nov".
const DAY_MS = 86_400_000

/** Ends are not included: whole days are named by their last day. */
export function formatSpan(since: string, until: string, timeZone: string): string {
  const words = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, ...options })
    return (at: Date | number) => format.format(at)
  }
  const day = words({ day: 'numeric', month: 'short' })
  const clock = words({ hour: '2-digit', minute: '2-digit' })
  const [from, to] = [new Date(since), new Date(until)]
  if (clock(from) === '00:00' && clock(to) === '00:00') {
    const last = day(to.getTime() - 1)
    return day(from) === last ? last : `${day(from)} – ${last}`
  }
  const sameDay = day(from) === day(to) && to.getTime() - from.getTime() < DAY_MS
  return `${day(from)}, ${clock(from)} – ${sameDay ? '' : `${day(to)}, `}${clock(to)}`
}

/** How long it is, to say what it is compared with: "6 hours", "2 days", "45 minutes". */
export function formatLength(since: string, until: string): string {
  const minutes = Math.round((Date.parse(until) - Date.parse(since)) / 60_000)
  const [n, unit] =
    minutes >= 2_880 ? [minutes / 1_440, 'day'] : minutes >= 60 ? [minutes / 60, 'hour'] : [minutes, 'minute']
  const shown = Math.round(n * 10) / 10
  return `${shown} ${unit}${shown === 1 ? '' : 's'}`
}
