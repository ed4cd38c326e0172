// How each fault is made, and the record of what was made when. Faults come when the plan says; one that wants what an
// earlier one has not given back yet waits for it.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { ProcessState } from '#shared/schemas/system.ts'
import { say, seconds } from '../../launcher/console.ts'
import type { ApiClient } from '../../tests/support/api-client.ts'
import type { OwnPostgres } from '../../tests/support/own-postgres.ts'
import { until } from '../../tests/support/until.ts'
import type { KeptServer } from './kept-server.ts'
import type { Ledger } from './ledger.ts'
import { usesOf, type FaultKind, type PlannedFault, type Resource } from './plan.ts'

export interface Target {
  /** Nodes; each fault is one's. */
  servers: readonly { server: KeptServer; /** Who may crash its processes. */ owner: ApiClient }[]
  postgres: OwnPostgres
  /** Ids of the supervised processes, without their supervisors. */
  processes: readonly string[]
}

export interface Injected {
  /** The kind, or for a crash whose it was. */
  name: string
  /** `Date.now()` */
  at: number
  endedAt: number
  /** The longest wait of the events acknowledged between this fault and the next. */
  longestWaitMs: number
  /** Why it could not be made or ended. */
  failure: string | null
}

const READY_MS = 60_000
const CRASH_MS = 30_000

export interface Account {
  ledger: Ledger
  /** In order; it grows while faults are injected. */
  injected: Injected[]
  signal: AbortSignal
}

/** Resolves when all is over. */
export async function injectFaults(
  plan: readonly PlannedFault[],
  target: Target,
  account: Account,
): Promise<void> {
  const { signal } = account
  const began = performance.now()
  const free = new Map<Resource, Promise<unknown>>()
  const running: Promise<void>[] = []
  for (const fault of plan) {
    await sleep(Math.max(0, began + fault.atMs - performance.now()), undefined, { signal })
    const uses = usesOf(fault.kind)
    await Promise.all(uses.map((resource) => free.get(resource)))
    signal.throwIfAborted()
    const over = inject(fault, target, account)
    running.push(over)
    for (const resource of uses) free.set(resource, over)
  }
  await Promise.all(running)
}

async function inject(
  { kind, forMs, pick }: PlannedFault,
  target: Target,
  { ledger, injected }: Account,
): Promise<void> {
  const process = target.processes[Math.floor(pick * target.processes.length)]!
  // Not the digits that chose the process.
  const one = target.servers[Math.floor(pick * 1_000) % target.servers.length]!
  const name = kind === 'process crashed' ? `process ${process} crashed` : kind
  const before = injected.at(-1)
  const longestWaitMs = ledger.takeLongestWaitMs()
  if (before) before.longestWaitMs = longestWaitMs
  const fault: Injected = { name, at: Date.now(), endedAt: 0, longestWaitMs: 0, failure: null }
  injected.push(fault)
  say(`${new Date(fault.at).toISOString().slice(11, 19)} ${name}${forMs > 0 ? ` for ${seconds(forMs)}` : ''}`)
  try {
    await MAKE[kind]({ ...one, postgres: target.postgres }, forMs, process)
  } catch (error) {
    const { message, cause } = error as Error
    fault.failure = cause instanceof Error ? `${message}: ${cause.message}` : message
  }
  fault.endedAt = Date.now()
}

type One = Target['servers'][number] & Pick<Target, 'postgres'>
const MAKE: Record<FaultKind, (target: One, forMs: number, process: string) => Promise<void>> = {
  'server killed': ({ server }) => server.end('SIGKILL'),
  'server told to stop': ({ server }) => server.end('SIGTERM'),
  async 'server frozen'({ server }, forMs) {
    server.freeze()
    await sleep(forMs)
    server.thaw()
  },
  async 'process crashed'({ server, owner }, _forMs, process) {
    await server.untilReady(READY_MS)
    // Refused while that process is down already, or while PostgreSQL cannot say who asks.
    await until(async () => {
      const { status } = await owner.post('/api/v1/system/faults', { process })
      if (status !== 204) throw new Error(`The door for faults answered ${status}`)
      return true
    }, CRASH_MS)
  },
  async 'PostgreSQL frozen'({ postgres }, forMs) {
    postgres.freeze()
    await sleep(forMs)
    postgres.thaw()
  },
  'PostgreSQL stopped, fast': ({ postgres }, forMs) => stopFor(postgres, forMs, false),
  'PostgreSQL stopped, immediate': ({ postgres }, forMs) => stopFor(postgres, forMs, true),
  'connections terminated': ({ postgres }) =>
    ask(postgres.url, async (client) => {
      await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`,
      )
    }),
  'event table locked': ({ postgres }, forMs) =>
    ask(postgres.url, async (client) => {
      await client.query('begin')
      await client.query('lock table event in access exclusive mode')
      await sleep(forMs)
      await client.query('commit')
    }),
}

async function stopFor(postgres: OwnPostgres, forMs: number, force: boolean): Promise<void> {
  await postgres.stop({ force })
  await sleep(forMs)
  await postgres.start()
}

async function ask(connectionString: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    connectionString,
    application_name: 'chaos',
    connectionTimeoutMillis: 10_000,
  })
  client.on('error', () => {}) // the running query says it
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

/** Those that do the work: the leaves of the tree. */
export const workersOf = ({ id, kind, children }: ProcessState): string[] =>
  kind === 'worker' ? [id] : children.flatMap(workersOf)
