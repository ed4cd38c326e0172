// The figures, for people and for programs.
import fs from 'node:fs'
import path from 'node:path'
import type { LiveMeasurement } from './live.ts'
import type { Machine } from './machine.ts'
import type { Measurement } from './measure.ts'
import { isLight, type PageMeasurement } from './pages/measure.ts'
import type { ReadMeasurement } from './read/measure.ts'
import { headingOf, rowsOf, verdictOf } from './read/report.ts'
import { SCENARIOS } from './scenarios.ts'

export interface Rest {
  /** From spawn to ready, ms, one per start. */
  startMs: number[]
  /** Bytes, a while after start. */
  residentBytes: number | null
}

export interface Results {
  date: string
  machine: Machine
  seconds: number
  rest: Rest | null
  measurements: Measurement[]
  reads: ReadMeasurement[]
  live: LiveMeasurement[]
  pages: PageMeasurement[]
}

const MiB = 1_024 * 1_024
const whole = (value: number) => Math.round(value).toLocaleString('en-US')
const ms = (value: number) => (value < 10 ? value.toFixed(1) : whole(value))
const mib = (bytes: number | null) => (bytes === null ? '–' : `${whole(bytes / MiB)} MiB`)
const share = (value: number | null) => (value === null ? '–' : `${whole(value * 100)}%`)
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, n) => total + n, 0)

const limitOf = (name: string) => SCENARIOS.find((scenario) => scenario.name === name)?.limit

type Row = Record<string, string>

function rowOf(m: Measurement, all: readonly Measurement[]): Row {
  const limit = all.find(({ name }) => name === limitOf(m.name))
  const { p50, p95, p99 } = m.latencyMs
  return {
    run: m.name,
    'events/s': whole(m.eventsPerSecond),
    'of limit': limit ? share(m.eventsPerSecond / limit.eventsPerSecond) : '',
    'folded/s': m.proof ? whole(m.foldedPerSecond) : '',
    'p50 ms': ms(p50),
    p95: ms(p95),
    p99: ms(p99),
    acknowledged: whole(m.acknowledged),
    refused: whole(sum(m.refused)),
    lost: m.proof ? whole(m.proof.lost) : '',
    twice: m.proof ? whole(m.proof.twice) : '',
    sums: m.proof ? (isRight(m) ? 'equal' : 'WRONG') : '',
    'folded ms': m.proof ? whole(m.foldedAfterMs) : '',
    memory: mib(m.residentBytes),
    'cpu app+load+pg': [m.cpu.server, m.cpu.load, m.cpu.postgres].map(share).join(' + '),
  }
}

/** Nothing lost, nothing twice, every sum equal. */
export const isRight = ({ proof, acknowledged }: Measurement): boolean =>
  proof === null ||
  (proof.lost === 0 &&
    proof.twice === 0 &&
    proof.stored === acknowledged + proof.unacknowledged &&
    Object.keys(proof.wrongSums).length === 0)

const kib = (bytes: number) => `${(bytes / 1_024).toFixed(0)} KiB`
const pageRow = (page: PageMeasurement): Row => ({
  page: page.name,
  scripts: kib(page.scriptBytes),
  aim: `≤ ${kib(page.mostScriptBytes)}`,
  '': isLight(page) ? '✓' : '✗',
  files: String(page.scripts),
  styles: kib(page.styleBytes),
  document: kib(page.documentBytes),
  requests: String(page.requests),
})

export function printResults({ machine, rest, measurements, reads, pages }: Results): void {
  if (measurements.length > 0) {
    console.log('')
    console.log(table(measurements.map((m) => rowOf(m, measurements))))
  }
  console.log('')
  if (pages.length > 0) console.log(`${table(pages.map(pageRow))}\n`)
  for (const read of reads)
    console.log(`${headingOf(read)}\n\n${table(rowsOf(read))}\n\n${verdictOf(read)}\n`)
  for (const m of measurements) {
    if (sum(m.refused) > 0) console.log(`${m.name}: refused ${JSON.stringify(m.refused)}`)
    if (m.proof?.unacknowledged)
      console.log(`${m.name}: ${m.proof.unacknowledged} stored without an acknowledgement`)
    if (m.seconds > 60)
      console.log(`${m.name}: memory ${mib(m.residentFrom)} early, ${mib(m.residentTo)} late`)
    if (!isRight(m)) console.log(`${m.name}: WRONG: ${JSON.stringify(m.proof)}`)
  }
  if (rest) {
    const load = Math.max(...measurements.filter(({ proof }) => proof).map((m) => m.residentBytes ?? 0))
    console.log(`Start to ready, database up: ${rest.startMs.map((each) => `${whole(each)} ms`).join(', ')}`)
    console.log(
      `App memory: ${mib(rest.residentBytes)} at rest, ${load > 0 ? mib(load) : '–'} at most under load`,
    )
  }
  if (measurements.length > 0) console.log(aims(measurements, rest))
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${mib(machine.memoryBytes)}; Node ${machine.node}; ` +
      `PostgreSQL ${machine.postgres}, fsync on (${machine.syncMs.toFixed(2)} ms); commit ${machine.commit ?? 'unknown'}`,
  )
  if (!machine.onDisk)
    console.log('The database was in memory (tmpfs): its commits cost nothing. Use --dir on a disk.')
  if (machine.loadAverage > machine.cores / 4)
    console.log(`The machine was not quiet: load average ${machine.loadAverage.toFixed(1)} before the run.`)
}

/** What issue and design ask for on two cores; printed beside what was reached, asserted nowhere. */
function aims(measurements: readonly Measurement[], rest: Rest | null): string {
  const find = (name: string) => measurements.find((m) => m.name === name)
  const shareOf = (name: string, whole: string) => {
    const [part, all] = [find(name), find(whole)]
    return part && all && (part.eventsPerSecond / all.eventsPerSecond) * 100
  }
  const lines: [string, number | null | undefined, (value: number) => boolean, string][] = [
    [
      'single 2 KiB',
      find('ingest.single.2k')?.eventsPerSecond,
      (v) => v >= 2_000,
      '≥ 2,000/s (design: 6,000)',
    ],
    ['stream 2 KiB', find('ingest.ws.2k')?.eventsPerSecond, (v) => v >= 8_000, '≥ 8,000/s'],
    ['bulk 10 KiB', find('ingest.bulk.10k')?.eventsPerSecond, (v) => v >= 6_000, '≥ 6,000/s'],
    ['single 50 KiB', find('ingest.single.50k')?.eventsPerSecond, (v) => v >= 1_500, '≥ 1,500/s'],
    [
      'every event a new issue',
      find('ingest.new-issues.2k')?.eventsPerSecond,
      (v) => v >= 1_000,
      '≥ 1,000/s',
    ],
    ['of the limit, in bulk, %', shareOf('ingest.bulk.2k', 'limit.writer.bulk.2k'), (v) => v >= 60, '≥ 60 %'],
    [
      'beside an open snapshot, %',
      shareOf('ingest.snapshot.2k', 'ingest.single.2k'),
      (v) => v >= 90,
      '≥ 90 %',
    ],
    ['with millions stored, %', shareOf('ingest.full.2k', 'ingest.beside.2k'), (v) => v >= 90, '≥ 90 %'],
    ['p99 at half the single rate', find('ingest.half.2k')?.latencyMs.p99, (v) => v < 100, '< 100 ms'],
    ['bulk 2 KiB', find('ingest.bulk.2k')?.eventsPerSecond, (v) => v >= 5_000, '≥ 5,000/s (design: 15,000)'],
    ['p99 at 1,000/s', find('ingest.steady.2k')?.latencyMs.p99, (v) => v < 250, '< 250 ms'],
    ['start', rest && Math.max(...rest.startMs), (v) => v < 3_000, '< 3,000 ms'],
    ['memory at rest', rest?.residentBytes && rest.residentBytes / MiB, (v) => v < 350, '< 350 MiB'],
  ]
  return lines
    .filter(([, value]) => typeof value === 'number')
    .map(
      ([what, value, holds, wanted]) =>
        `${holds(value!) ? '✓' : '✗'} ${what}: ${ms(value!)}, wanted ${wanted}`,
    )
    .join('\n')
}

function table(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return [
    line(columns),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map((row) => line(Object.values(row))),
  ].join('\n')
}

/** @returns the file written */
export function saveResults(results: Results): string {
  const directory = path.join(import.meta.dirname, 'results')
  fs.mkdirSync(directory, { recursive: true })
  const file = path.join(directory, `${results.date.replaceAll(':', '-').slice(0, 19)}.json`)
  fs.writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  return path.relative(process.cwd(), file)
}
