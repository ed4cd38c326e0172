// The same load on a database with millions of events and on one without, in turns: filling takes minutes, in which a
// machine becomes faster or slower by more than what is looked for.
import { startApp } from '../app.ts'
import { makeProject, openBenchDatabase, type BenchDatabase } from '../database.ts'
import { measure, type Measurement, type Target } from '../measure.ts'
import type { Scenario } from '../scenarios.ts'
import { fillProject, settle } from './fill.ts'

const TURNS = 3
const MOST_ISSUES = 200_000
const WARM_UP_SECONDS = 3

export interface FullPlan {
  entry: string
  /** Where the database with the millions is made. */
  directory: string
  seconds: number
  /** The server and the database without them. */
  empty: { target: Target; database: BenchDatabase }
}

/** @returns the middle one of the turns without (as `beside`), and of those with so much stored */
export async function measureFull(
  scenario: Scenario & { stored: number },
  { entry, directory, seconds, empty }: FullPlan,
  closers: (() => Promise<void>)[],
): Promise<Measurement[]> {
  const database = await openBenchDatabase(directory)
  closers.push(() => database.close())
  await store(database, scenario.stored)
  const app = await startApp(entry, database)
  closers.push(app.stop)
  await measure(scenario, { target: app, database, seconds: WARM_UP_SECONDS })
  const turns: { beside: Measurement[]; full: Measurement[] } = { beside: [], full: [] }
  for (let turn = 0; turn < TURNS; turn++) {
    const plain = { ...scenario, name: scenario.name.replace('.full.', '.beside.') }
    turns.beside.push(await measure(plain, { ...empty, seconds }))
    turns.full.push(await measure(scenario, { target: app, database, seconds }))
  }
  await closers.pop()!()
  await closers.pop()!()
  return [middle(turns.beside), middle(turns.full)]
}

/** A month of another project of the installation. */
async function store({ url, pool }: BenchDatabase, events: number): Promise<void> {
  const { id } = await makeProject(pool, 'stored')
  await fillProject(url, { projectId: id, events, issues: Math.min(MOST_ISSUES, events / 5) })
  await settle(pool)
}

const middle = (measurements: readonly Measurement[]): Measurement =>
  measurements.toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond)[Math.floor(measurements.length / 2)]!
