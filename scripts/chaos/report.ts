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
/** More than this many times the memory after the first minute is growth. */
const MOST_GROWTH = 2

/** @param between `Date.now()` of the load's first and last moment */
export function checkMemory(memory: readonly MemorySample[], [from, to]: [number, number]): Check {
  const during = memory.filter(({ at }) => at <= to)
  const first = during.findLast(({ at }) => at <= from + Math.min(60_000, (to - from) / 2))
  const last = during.at(-1)
  const name = 'the server does not grow'
  if (!first || !last) return { name, wrong: 'nothing was measured' }
  const shown = ({ bytes, ageMs }: MemorySample) =>
    `${Math.round(bytes / MIB)} MiB (${Math.round(ageMs / 1_000)} s after its start)`
  const most = Math.max(...during.map(({ bytes }) => bytes))
  const figures = `${shown(first)} early on, ${shown(last)} at the end, ${Math.round(most / MIB)} MiB at most`
  return last.bytes > first.bytes * MOST_GROWTH
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
