// One run: a fresh project, load on it for a while, then the proof that what was acknowledged is stored once and
// counted once.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { RUN_DIGITS } from './event-ids.ts'
import { generateLoad } from './load-generator.ts'
import type { LoadPlan, LoadResult } from './load.ts'
import { makeProject, prove, untilFolded, type BenchDatabase, type Proof } from './database.ts'
import { cpuSeconds, residentBytes } from './processes.ts'
import type { Scenario } from './scenarios.ts'

export interface Measurement {
  name: string
  seconds: number
  requestBytes: number
  sent: number
  acknowledged: number
  /** Acknowledged, and so stored, a second. */
  eventsPerSecond: number
  /** The same, with the time until every count was up to date. */
  foldedPerSecond: number
  latencyMs: LoadResult['latency']
  refused: Record<string, number>
  /** From the last answer until every count was up to date. */
  foldedAfterMs: number
  /** Null for the limit programs, which prove less. */
  proof: Proof | null
  /** The largest seen, bytes. */
  residentBytes: number | null
  /** The largest of its second and of its last fifth, bytes: equal when nothing grows. */
  residentFrom: number | null
  residentTo: number | null
  /** Share of one core. */
  cpu: { server: number | null; load: number | null; postgres: number | null }
}

const SAMPLE_MS = 200

export interface Target {
  port: number
  pid: number
}

export async function measure(
  scenario: Scenario,
  { target, database, seconds }: { target: Target; database: BenchDatabase; seconds: number },
): Promise<Measurement> {
  const run = randomBytes(RUN_DIGITS / 2).toString('hex')
  const project = scenario.target === 'app' ? await makeProject(database.pool, scenario.name) : null
  const plan: LoadPlan = {
    port: target.port,
    connections: scenario.connections,
    window: scenario.window ?? 1,
    seconds: scenario.seconds ?? seconds * (scenario.longer ?? 1),
    ...(scenario.ratePerSecond ? { ratePerSecond: scenario.ratePerSecond } : {}),
    body: {
      kind: scenario.kind,
      bytesPerEvent: scenario.kilobytes * 1_024,
      eventsPerRequest: scenario.eventsPerRequest,
      groups: scenario.groups,
      path: pathOf(scenario, project?.id ?? 0),
      headers: {
        'content-type': scenario.kind === 'envelope' ? 'application/x-sentry-envelope' : 'application/json',
        ...(project ? authorisation(scenario, project.key) : {}),
      },
      run,
    },
  }
  await database.checkpoint()
  const release = scenario.snapshot ? await database.holdSnapshot() : null
  const watch = new Watch({ server: target.pid, postgres: database.postmasterPid })
  const load = await generateLoad(plan, (pid) => watch.begin(pid))
  const { cpu, ...resident } = watch.end(load.seconds)
  const foldedAfterMs = project ? await untilFolded(database.pool, project.id) : 0
  await release?.()
  const proof = project ? await prove(database.pool, project.id, run, load.acknowledged) : null
  if (scenario.target === 'bare-writer') await proveLimit(database.limitUrl, load)
  const acknowledged = load.acknowledged.length
  return {
    name: scenario.name,
    seconds: load.seconds,
    requestBytes: load.requestBytes,
    sent: load.sent,
    acknowledged,
    eventsPerSecond: acknowledged / load.seconds,
    foldedPerSecond: acknowledged / (load.seconds + foldedAfterMs / 1_000),
    latencyMs: load.latency,
    refused: load.refused,
    foldedAfterMs,
    proof,
    ...resident,
    cpu,
  }
}

const pathOf = ({ kind }: Scenario, projectId: number): string =>
  kind === 'envelope'
    ? `/api/${projectId}/envelope/`
    : kind === 'stream'
      ? '/api/v1/events/stream'
      : kind === 'bulk'
        ? '/api/v1/events/bulk'
        : '/api/v1/events'

const authorisation = ({ kind }: Scenario, key: string): Record<string, string> =>
  kind === 'envelope'
    ? { 'x-sentry-auth': `Sentry sentry_version=7, sentry_client=bench/1, sentry_key=${key}` }
    : { authorization: `Bearer ${key}` }

/** The yardstick must be honest too: what it acknowledged is there. */
async function proveLimit(url: string, { acknowledged }: LoadResult): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ n: string }>('select count(*) as n from event')
  await client.query('truncate event, delta, rollup')
  await client.end()
  const stored = Number(rows[0]!.n)
  if (stored !== acknowledged.length)
    throw new Error(`The bare writer acknowledged ${acknowledged.length} events and stored ${stored}.`)
}

/** Samples memory while it lasts, and takes the difference of CPU seconds. */
class Watch {
  readonly #server: number
  readonly #postgres: number
  #before: CpuSeconds | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #resident: number[] = []
  #load: number | null = null

  constructor({ server, postgres }: { server: number; postgres: number }) {
    this.#server = server
    this.#postgres = postgres
  }

  begin(loadPid: number): void {
    this.#load = cpuSeconds(loadPid)
    this.#before = this.#cpu()
    this.#timer = setInterval(() => {
      const bytes = residentBytes(this.#server)
      if (bytes !== null) this.#resident.push(bytes)
      // The generator is gone when the run is over: its last sample stands.
      this.#load = cpuSeconds(loadPid) ?? this.#load
    }, SAMPLE_MS)
  }

  end(seconds: number): Pick<Measurement, 'cpu' | 'residentBytes' | 'residentFrom' | 'residentTo'> {
    clearInterval(this.#timer)
    const before = this.#before!
    const after = this.#cpu()
    const share = (name: keyof CpuSeconds) => {
      const [from, to] = [before[name], after[name]]
      return from === null || to === null ? null : (to - from) / seconds
    }
    const length = this.#resident.length / 5
    const fifth = (n: number) => this.#resident.slice(Math.floor(n * length), Math.floor((n + 1) * length))
    return {
      cpu: { server: share('server'), load: share('load'), postgres: share('postgres') },
      residentBytes: mostOf(this.#resident),
      residentFrom: mostOf(fifth(1)),
      residentTo: mostOf(fifth(4)),
    }
  }

  #cpu(): CpuSeconds {
    return {
      server: cpuSeconds(this.#server),
      postgres: cpuSeconds(this.#postgres, { children: true }),
      load: this.#load,
    }
  }
}

const mostOf = (values: readonly number[]): number | null => (values.length ? Math.max(...values) : null)

type CpuSeconds = Record<'server' | 'load' | 'postgres', number | null>
