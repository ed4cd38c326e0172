// The tables at the end: what was injected and how long senders waited after it; what was sent and stored.
import { plural, say, seconds } from '../../launcher/console.ts'
import type { Injected } from './inject.ts'
import type { MemorySample } from './kept-server.ts'
import type { Ledger } from './ledger.ts'
import type { Check } from './proof.ts'

/** Of each kind: how often, and the longest that an event acknowledged after it had waited. */
export function reportFaults(injected: readonly Injected[]): void {
  const rows = [...Map.groupBy(injected, ({ name }) => name)]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, faults]) => [
      name,
      String(faults.length),
      seconds(Math.max(...faults.map(({ at, endedAt }) => endedAt - at))),
      seconds(Math.max(...faults.map(({ longestWaitMs }) => longestWaitMs))),
    ])
  printTable([['fault', 'times', 'longest fault', 'longest wait after it'], ...rows])
}

export function reportEvents(ledger: Ledger, stored: number | null): void {
  const refused = [...ledger.refused].map(([how, n]) => `${how} ${n}`).join(', ')
  say('')
  say(
    `${plural(ledger.sentAt.length, 'event')} sent in ${plural(ledger.attempts, 'attempt')}, ` +
      `${ledger.acknowledged} acknowledged, ${stored ?? '?'} stored`,
  )
  say(`Attempts without an acknowledgement: ${refused || 'none'}`)
}

export function reportChecks(checks: readonly Check[]): void {
  say('')
  for (const { name, wrong } of checks) say(wrong === null ? `✓ ${name}` : `✗ ${name}: ${wrong}`)
}

const MIB = 1024 * 1024
/** More than this many times what it needed in the first half is growth. */
const MOST_GROWTH = 1.5
/** A server that was just started has not seen load yet. */
const SETTLED_MS = 15_000

/** @param between `Date.now()` of the load's first and last moment */
export function checkMemory(
  memory: readonly MemorySample[],
  [from, to]: [number, number],
  name = 'the server does not grow',
): Check {
  const settled = memory.filter(({ at, ageMs }) => at >= from && at <= to && ageMs >= SETTLED_MS)
  const mostIn = (samples: readonly MemorySample[]) => Math.max(0, ...samples.map(({ bytes }) => bytes))
  const half = (from + to) / 2
  const first = mostIn(settled.filter(({ at }) => at < half))
  const second = mostIn(settled.filter(({ at }) => at >= half))
  if (first === 0 || second === 0)
    return { name: `${name}: not told, it never ran for long enough`, wrong: null }
  const figures = `at most ${Math.round(first / MIB)} MiB in the first half, ${Math.round(second / MIB)} MiB in the second`
  return second > first * MOST_GROWTH
    ? { name, wrong: figures }
    : { name: `${name}: ${figures}`, wrong: null }
}

function printTable(lines: string[][]): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  say('')
  for (const line of lines)
    say(
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
}
