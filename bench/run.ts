// `npm run bench`: measures ingestion (design §13.1) on this machine, beside the machine's own limits, and reading
// (§13.2) on what is stored; and what pages make a browser load.
//
// A throw-away PostgreSQL with production settings, the built server, and a load generator, each a process of its own
// on the same cores. Every run has a project of its own; after it, everything acknowledged must be stored once, and
// every count must equal it: if not, the exit code is 1. Speed decides nothing.
import { setTimeout as sleep } from 'node:timers/promises'
import { LauncherError } from '../launcher/launcher-error.ts'
import { startApp, type App } from './app.ts'
import { openBenchDatabase, type BenchDatabase } from './database.ts'
import { measureLive, printLive, type LiveMeasurement } from './live.ts'
import { startLimitProgram } from './limit-program.ts'
import { describeMachine } from './machine.ts'
import { measure, type Measurement, type Target } from './measure.ts'
import { readOptions, type Options } from './options.ts'
import { measureFull } from './stored/measure-full.ts'
import { isLight, measurePages, type PageMeasurement } from './pages/measure.ts'
import { measureReads, type ReadMeasurement } from './read/measure.ts'
import { residentBytes } from './processes.ts'
import { isRight, printResults, saveResults, type Rest, type Results } from './report.ts'
import type { Scenario } from './scenarios.ts'

const STARTS = 3
const SETTLE_MS = 10_000
const QUICK_SETTLE_MS = 3_000
/** So that no run is the one in which the server's code is compiled. */
const WARM_UP_SECONDS = 3

const closers: (() => Promise<void>)[] = []

async function main(): Promise<void> {
  const options = readOptions()
  if (!options) return
  const date = new Date().toISOString()
  console.log('Starting PostgreSQL')
  const database = await openBenchDatabase(options.directory)
  closers.push(() => database.close())
  const machine = describeMachine(database.directory, database.version)
  const measurements: Measurement[] = []
  await runLimits(options, database, measurements)
  const rest = await runApp(options, database, measurements)
  const live = await runLive(options, database)
  const pages = await runPages(options, database)
  // Reading has a database of its own for each size.
  await closers.pop()!()
  const reads = await runReads(options)
  const results: Results = { date, machine, seconds: options.seconds, rest, measurements, reads, live, pages }
  printResults(results)
  printLive(live)
  console.log(`Written to ${saveResults(results)}`)
  // Speed decides nothing; bytes are the same everywhere.
  if (!measurements.every(isRight) || !pages.every(isLight)) process.exitCode = 1
}

async function runLimits(options: Options, database: BenchDatabase, into: Measurement[]): Promise<void> {
  for (const name of ['bare-server', 'bare-writer'] as const) {
    const scenarios = options.scenarios.filter(({ target }) => target === name)
    if (scenarios.length === 0) continue
    const program = await startLimitProgram(name, database.limitUrl)
    closers.push(program.stop)
    await warmUp(scenarios[0]!, program, database)
    for (const scenario of scenarios) into.push(await run(scenario, program, options, database))
    await closers.pop()!()
  }
}

/** @returns null when nothing of the app was asked for */
async function runApp(options: Options, database: BenchDatabase, into: Measurement[]): Promise<Rest | null> {
  const scenarios = options.scenarios.filter(({ target }) => target === 'app')
  if (scenarios.length === 0) return null
  const startMs: number[] = []
  let app: App
  for (;;) {
    app = await startApp(options.entry, database, options.profile)
    closers.push(app.stop)
    startMs.push(app.startMs)
    if (!options.rest || startMs.length === STARTS) break
    await closers.pop()!()
  }
  let rest: Rest | null = null
  if (options.rest) {
    await sleep(options.quick ? QUICK_SETTLE_MS : SETTLE_MS)
    rest = { startMs, residentBytes: residentBytes(app.pid) }
  }
  await warmUp(scenarios[0]!, app, database)
  for (const scenario of scenarios) {
    const wanted = atHalf(scenario, into)
    if (!wanted) continue
    if (wanted.stored)
      into.push(...(await runFull({ ...wanted, stored: wanted.stored }, app, options, database)))
    else into.push(await run(wanted, app, options, database))
  }
  await closers.pop()!()
  return rest
}

async function runFull(
  scenario: Scenario & { stored: number },
  target: Target,
  { entry, directory, seconds }: Options,
  database: BenchDatabase,
): Promise<Measurement[]> {
  process.stdout.write(`${scenario.name} … `)
  const plan = { entry, directory, seconds, empty: { target, database } }
  const measured = await measureFull(scenario, plan, closers)
  console.log(measured.map((m) => `${m.name} ${Math.round(m.eventsPerSecond)}/s`).join(', '))
  return measured
}

async function runReads(options: Options): Promise<ReadMeasurement[]> {
  const reads: ReadMeasurement[] = []
  for (const scenario of options.reads) {
    process.stdout.write(`${scenario.name} …\n`)
    reads.push(await measureReads(scenario, options, closers))
  }
  return reads
}

async function runPages(options: Options, database: BenchDatabase): Promise<PageMeasurement[]> {
  if (options.pages.length === 0) return []
  process.stdout.write('pages …\n')
  return measurePages(options.pages, { entry: options.entry, database }, closers)
}

/** A server for each: what sockets of the run before cost is not theirs. */
async function runLive(options: Options, database: BenchDatabase): Promise<LiveMeasurement[]> {
  const measured: LiveMeasurement[] = []
  for (const scenario of options.live) {
    const app = await startApp(options.entry, database, options.profile)
    closers.push(app.stop)
    process.stdout.write(`${scenario.name} … `)
    const one = await measureLive(scenario, { target: app, database, seconds: options.seconds })
    console.log(`p99 ${one.latencyMs.p99.toFixed(1)} ms`)
    measured.push(one)
    await closers.pop()!()
  }
  return measured
}

/** With the rate it is to have, where that depends on an earlier run; null when there was none. */
function atHalf(scenario: Scenario, before: readonly Measurement[]): Scenario | null {
  if (!scenario.halfOf) return scenario
  const whole = before.find(({ name }) => name === scenario.halfOf)
  return whole ? { ...scenario, ratePerSecond: Math.round(whole.eventsPerSecond / 2) } : null
}

async function warmUp(scenario: Scenario, target: Target, database: BenchDatabase): Promise<void> {
  const { ratePerSecond, halfOf, longer, seconds, snapshot, ...plain } = scenario
  await measure(plain, { target, database, seconds: WARM_UP_SECONDS })
}

async function run(
  scenario: Scenario,
  target: Target,
  { seconds }: Options,
  database: BenchDatabase,
): Promise<Measurement> {
  process.stdout.write(`${scenario.name} … `)
  const measurement = await measure(scenario, { target, database, seconds })
  const { eventsPerSecond, latencyMs } = measurement
  console.log(`${Math.round(eventsPerSecond)}/s, p99 ${latencyMs.p99.toFixed(1)} ms`)
  return measurement
}

async function closeAll(): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop())
    await close().catch((error) => console.error(error))
}

let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stopping = true
    void closeAll().finally(() => process.exit(130))
  })
try {
  await main()
} catch (error) {
  // What fails because everything is being ended is no failure.
  if (stopping) await new Promise(() => {})
  const mistyped = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')
  console.error(mistyped || error instanceof LauncherError ? (error as Error).message : error)
  process.exitCode = 1
}
await closeAll()
