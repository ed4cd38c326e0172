// What reading took, beside what it may take.
import type { ReadMeasurement, RouteMeasurement } from './measure.ts'

/** The hundredth page may take so many times the first. */
const RATIO = 1.3
/** Differences below this, ms, are the clock's and the scheduler's. */
const SAME_MS = 2

export type Row = Record<string, string>

const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0)

export const ratioOf = ({ first, page }: RouteMeasurement): number | null =>
  page && first.p50 > 0 ? page.p50 / first.p50 : null

export const isWithin = (route: RouteMeasurement): boolean => {
  const { aimMs, first, failed, page } = route
  if (failed > 0) return false
  if (aimMs === null) return true
  const slower = page !== null && page.p50 - first.p50 > SAME_MS && ratioOf(route)! > RATIO
  return first.p95 < aimMs && (page?.p95 ?? 0) < aimMs && !slower
}

export const rowsOf = ({ routes }: ReadMeasurement): Row[] =>
  routes.map((route): Row => {
    const { name, aimMs, first, page } = route
    return {
      route: name,
      p50: ms(first.p50),
      p95: ms(first.p95),
      max: ms(first.max),
      page: page ? String(page.number) : '',
      'its p50': page ? ms(page.p50) : '',
      'its p95': page ? ms(page.p95) : '',
      ratio: page ? ratioOf(route)!.toFixed(2) : '',
      aim: aimMs === null ? '' : `< ${aimMs}`,
      '': verdictOn(route),
      n: String(first.n),
    }
  })

function verdictOn(route: RouteMeasurement): string {
  if (route.failed > 0) return `✗ ${route.failed} failed`
  if (route.aimMs === null) return ''
  return isWithin(route) ? '✓' : '✗'
}

export const headingOf = (m: ReadMeasurement): string =>
  `${m.name}: ${m.events.toLocaleString('en-US')} events, ${m.issues.toLocaleString('en-US')} issues, ` +
  `${Math.round(m.arrivingPerSecond)} events/s arriving` +
  (m.filledPerSecond === null ? '' : `; filled at ${Math.round(m.filledPerSecond)} events/s`) +
  '. Milliseconds at the API.'

export const verdictOf = (m: ReadMeasurement): string => {
  const missed = m.routes.filter((route) => !isWithin(route))
  return missed.length === 0
    ? `✓ ${m.name}: all within their aims, hundredth page within ${RATIO} times the first`
    : `✗ ${m.name}: ${missed.length} of ${m.routes.length} beyond their aims`
}
