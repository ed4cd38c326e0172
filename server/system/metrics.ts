// The numbers of the node in the text form that Prometheus reads. In: what the node says of itself (node-state.ts) and
// what was counted on the way (measures.ts), both read at the scrape; out: text. Nothing of a project or a payload is in
// a label, so the number of series is fixed.
//
// One scrape is answered for all processes that share the port (siblings.ts); the label `node` says whose a sample is.
// Loaded at the first scrape: who never scrapes pays nothing.
import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  prometheusContentType,
  Registry,
  type MetricType,
} from 'prom-client'
import type { Sibling } from '#shared/schemas/siblings.ts'
import type { ProcessState } from '#shared/schemas/system.ts'
import type { Distribution } from './distribution.ts'
import { INGEST_DOORS, measures } from './measures.ts'
import { mergeExpositions } from './merge-expositions.ts'
import { findNodeState, type NodeState } from './node-state.ts'
import { ROUTE_GROUPS } from './route-group.ts'
import { askSiblings } from './siblings.ts'

export const METRICS_CONTENT_TYPE = prometheusContentType

/** The text of all processes; null while this one is starting. */
export async function scrape(): Promise<string | null> {
  if (!findNodeState()) return null
  const siblings = await askSiblings('metrics')
  const series = (name: string, type: string, help: string, valueOf: (one: Sibling) => number) =>
    [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...siblings.map((one) => `${name}{node="${one.index}"} ${valueOf(one)}`),
    ].join('\n')
  return mergeExpositions([
    series('mesher_node_up', 'gauge', '1 while this process answers; 0 while it is down or hangs.', (one) =>
      typeof one.value === 'string' ? 1 : 0,
    ),
    series(
      'mesher_node_restarts_total',
      'counter',
      'How often the launcher has brought this process back.',
      ({ restarts }) => restarts,
    ),
    ...siblings.map(({ value }) => (typeof value === 'string' ? value : '')),
  ])
}

/** Of this process alone: what it answers its siblings. */
export const ownMetrics = (): Promise<string> | null => (findNodeState() ? registry().metrics() : null)

let made: Registry | undefined
const registry = (): Registry => (made ??= makeRegistry())

type Labels = Record<string, string>
type Reading = readonly (readonly [labels: Labels, value: number])[]

function makeRegistry(): Registry {
  const register = new Registry()
  register.setDefaultLabels({ node: process.env.MESHER_NODE_INDEX ?? '0' })
  collectDefaultMetrics({ register })
  const registers = [register]

  function gauge(name: string, help: string, labelNames: string[], read: (node: NodeState) => Reading) {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset()
        for (const [labels, value] of readingOf(read)) this.set(labels, value)
      },
    })
  }
  /** What only grows is kept elsewhere; here it is copied. */
  function counter(name: string, help: string, labelNames: string[], read: (node: NodeState) => Reading) {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset()
        for (const [labels, value] of readingOf(read)) this.inc(labels, value)
      },
    })
  }

  gauge('mesher_node_info', 'The version that runs, as a label; the value is 1.', ['version'], (node) => [
    [{ version: node.version }, 1],
  ])
  line(gauge, counter)
  spool(gauge, counter)
  books(gauge, counter)
  requests(counter)
  health(register)
  new Distributions(
    'mesher_http_request_seconds',
    'From a request’s head to the end of its answer.',
    registers,
    ROUTE_GROUPS.map((group) => [{ group }, measures.requestSeconds[group]]),
    ['group'],
  )
  new Distributions('mesher_batch_events', 'Events of a written batch.', registers, [
    [{}, measures.batchEvents],
  ])
  new Distributions('mesher_batch_write_seconds', 'How long the transaction of a batch took.', registers, [
    [{}, measures.batchSeconds],
  ])
  new Distributions(
    'mesher_acknowledge_seconds',
    'From request or message to the answer that it is safe.',
    registers,
    INGEST_DOORS.map((door) => [{ door }, measures.acknowledged[door]]),
    ['door'],
  )
  return register
}

type Define = (name: string, help: string, labelNames: string[], read: (node: NodeState) => Reading) => void

function line(gauge: Define, counter: Define): void {
  counter('mesher_events_total', 'Events by the one verdict each ended with.', ['outcome'], (node) =>
    Object.entries(node.outcomes()).map(([outcome, n]) => [{ outcome }, n]),
  )
  gauge('mesher_intake_waiting_events', 'Events that wait to be written.', [], (node) =>
    one(node.intake().waiting),
  )
  gauge('mesher_intake_waiting_bytes', 'Bytes of the events that wait to be written.', [], (node) =>
    one(node.intake().waitingBytes),
  )
  gauge('mesher_body_budget_used_bytes', 'Bodies in flight and waiting.', [], (node) =>
    one(node.intake().inFlightBytes),
  )
  gauge('mesher_body_budget_bytes', 'What they may come to; beyond it senders hear 503.', [], (node) =>
    one(node.intake().budgetBytes),
  )
  gauge('mesher_sockets_open', 'Sockets of the ingest stream.', [], () => one(measures.socketsOpen))
  gauge('mesher_live_sockets_open', 'Sockets of the live stream.', [], () => one(measures.liveSocketsOpen))
}

/** Absent as a whole where the spool is switched off. */
function spool(gauge: Define, counter: Define): void {
  type State = NonNullable<ReturnType<NodeState['spool']>>
  const of = (read: (state: State) => number) => (node: NodeState) => {
    const state = node.spool()
    return state ? one(read(state)) : []
  }
  gauge('mesher_spool_diverted', '1 while new events go to the spool.', [], of(({ status }) => +(status === 'spooling'))) // prettier-ignore
  gauge(
    'mesher_spool_usable',
    '1 while it would take an event.',
    [],
    of(({ problem }) => +(problem === null)),
  )
  gauge(
    'mesher_spool_records',
    'Events in the spool.',
    [],
    of(({ events }) => events),
  )
  gauge(
    'mesher_spool_bytes',
    'Bytes of its files.',
    [],
    of(({ bytes }) => bytes),
  )
  gauge(
    'mesher_spool_max_bytes',
    'What they may come to.',
    [],
    of(({ maxBytes }) => maxBytes),
  )
  gauge(
    'mesher_spool_segments',
    'Its files.',
    [],
    of(({ segments }) => segments),
  )
  gauge(
    'mesher_spool_oldest_age_seconds',
    'Age of its oldest event; 0 when it is empty.',
    [],
    of(({ oldest }) => (oldest === null ? 0 : Math.max(0, (Date.now() - Date.parse(oldest)) / 1_000))),
  )
  gauge(
    'mesher_spool_aside_files',
    'Files set aside for a person to look at.',
    [],
    of((s) => s.asideFiles),
  )
  gauge(
    'mesher_spool_aside_bytes',
    'Bytes of the files set aside.',
    [],
    of((s) => s.asideBytes),
  )
  counter(
    'mesher_spool_aside_removed_total',
    'Files set aside that were removed because there were too many bytes of them.',
    [],
    of((s) => s.asideRemoved),
  )
}

function books(gauge: Define, counter: Define): void {
  counter('mesher_events_folded_total', 'Events this node added to the counts.', [], (node) =>
    one(node.counters().folded),
  )
  gauge('mesher_fold_lag_seconds', 'Since when this node has stored events not yet counted.', [], (node) =>
    one(node.foldLagSeconds()),
  )
  counter('mesher_process_restarts_total', 'Restarts of supervised processes.', ['process'], (node) =>
    flat(node.tree()).map(({ id, restarts }) => [{ process: id }, restarts]),
  )
  gauge(
    'mesher_pg_pool_connections',
    'Connections to PostgreSQL, and who waits for one.',
    ['pool', 'state'],
    (node) =>
      node.pools().flatMap(({ name, total, idle, waiting }): Reading => [
        [{ pool: name, state: 'total' }, total],
        [{ pool: name, state: 'idle' }, idle],
        [{ pool: name, state: 'waiting' }, waiting],
      ]),
  )
}

function requests(counter: Define): void {
  counter('mesher_http_requests_total', 'Answers by kind of address and status.', ['group', 'status'], () =>
    [...measures.requests].flatMap(([group, statuses]): Reading =>
      [...statuses].map(([status, n]) => [{ group, status: String(status) }, n]),
    ),
  )
  counter(
    'mesher_own_faults_total',
    'Faults of Mesher’s own, by what became of the report.',
    ['result'],
    () => Object.entries(measures.ownFaults).map(([result, n]) => [{ result }, n]),
  )
}

/** Asked of disk and database at the scrape, and remembered there for a while (server/processes/health.ts). */
function health(register: Registry): void {
  const registers = [register]
  const last = async () => (await findNodeState()?.health()) ?? null
  new Gauge({
    name: 'mesher_check',
    help: '1: this part of being ready is well; 0: it is not. Parts that are switched off are absent.',
    labelNames: ['check'],
    registers,
    async collect() {
      this.reset()
      for (const { name, state } of (await last())?.checks ?? [])
        if (state !== 'off') this.set({ check: name }, state === 'ok' ? 1 : 0)
    },
  })
  new Gauge({
    name: 'mesher_ready',
    help: '1: events sent here would be kept.',
    registers,
    async collect() {
      this.set((await last())?.ready ? 1 : 0)
    },
  })
  new Gauge({
    name: 'mesher_partitions_ahead_days',
    help: 'For how many days all partitions exist; below 14 the keeper is behind, below 0 one is missing today.',
    registers,
    async collect() {
      this.reset()
      const days = (await last())?.partitionsAheadDays
      if (typeof days === 'number') this.set(days)
    },
  })
  for (const [name, field, help] of [
    ['mesher_disk_free_bytes', 'freeBytes', 'Free on the disk of the data directory.'],
    ['mesher_disk_size_bytes', 'totalBytes', 'Its size.'],
  ] as const)
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.reset()
        const disk = (await last())?.disk
        if (disk) this.set(disk[field])
      },
    })
}

const one = (value: number): Reading => [[{}, value]]

/** Nothing while the node has stopped. */
function readingOf(read: (node: NodeState) => Reading): Reading {
  const node = findNodeState()
  return node ? read(node) : []
}

const flat = (state: ProcessState): ProcessState[] => [state, ...state.children.flatMap(flat)]

/** A histogram of the library's that shows counts kept as plain numbers, instead of keeping its own. */
class Distributions extends Histogram {
  readonly #about: { name: string; help: string }
  readonly #of: readonly (readonly [Labels, Distribution])[]

  constructor(
    name: string,
    help: string,
    registers: Registry[],
    of: readonly (readonly [Labels, Distribution])[],
    labelNames: string[] = [],
  ) {
    super({ name, help, registers, labelNames, buckets: [...of[0]![1].bounds] })
    this.#about = { name, help }
    this.#of = of
  }

  override get(): ReturnType<Histogram['get']> {
    const { name } = this.#about
    const values = this.#of.flatMap(([labels, { bounds, counts, sum }]) => {
      let count = 0
      const buckets = [...bounds, '+Inf' as const].map((le, i) => {
        count += counts[i]!
        return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` }
      })
      return [
        ...buckets,
        { labels, value: sum, metricName: `${name}_sum` },
        { labels, value: count, metricName: `${name}_count` },
      ]
    })
    return Promise.resolve({
      ...this.#about,
      type: 'histogram' as unknown as MetricType, // the word, at run time: the types' enum does not exist
      aggregator: 'sum',
      values,
      collect() {}, // the types want one; there is nothing to fetch
    })
  }

  /** What the registry asks for its text, which the library's types do not say. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get()
  }
}
