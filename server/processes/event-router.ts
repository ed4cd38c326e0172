// Brings each prepared event to the node that owns its project, so that what the owner keeps warm (groups, values, the
// order of locks) serves all events of the project. In: an event; out: the promise of its verdict, as from the intake.
// Alone, it is the intake: one question, nothing else.
//
// here    → the own intake; when too much of a project waits there, a part to helpers on other nodes
// there   → in batches to the owner; what arrives while two are on their way is the next
//   answered → its verdicts
//   gone     → the owner is lost: written here. It may have been written there as well: ids make that harmless
//   slow     → overloaded (503): its work done twice would finish an overloaded mesh
//
// What was sent here is worked on here, whoever this node thinks is its owner: no event travels in circles.
import { INFLIGHT_BUDGET_BYTES, MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '#shared/constants/limits.ts'
import type { MeshNode } from '#server/mesh/node.ts'
import type { Routed } from '#server/mesh/types.ts'
import { NO_ROOM, OVERLOADED, type Intake } from '#server/pipeline/intake.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import type { OutcomeTally, Verdict } from '#server/pipeline/outcome.ts'
import { createProjectLoads, type LoadLimits, type ProjectLoads } from './project-loads.ts'
import { readBatch, readVerdicts, writeBatch, writeVerdicts } from './routed-batch.ts'

/** Longer than the 2 s after which an owner without PostgreSQL keeps events in its spool. */
const WITHIN_MS = 5_000
/** To one owner for one project: one is worked on while the next is on its way. */
const ON_THE_WAY = 2

export interface EventRouterDeps {
  mesh: Pick<MeshNode, 'alone' | 'ownerElsewhere' | 'route' | 'spawn'>
  intake: Pick<Intake, 'submit'>
  tally: Pick<OutcomeTally, 'count'>
  /** PostgreSQL's clock, ms since the epoch: the same on all nodes. */
  now(): number
  /** For tests. */
  withinMs?: number
  limits?: LoadLimits
}

export interface EventRouter {
  submit(event: Encoded): Promise<Verdict>
  /** What was sent to this node. @throws Error when it is no batch of this version */
  process(kind: 'Project' | 'Processor', id: string, bytes: Uint8Array): Promise<Uint8Array>
  readonly loads: ProjectLoads
  readonly counts: Readonly<RoutedCounts>
}

/** Events, since this process started. */
export interface RoutedCounts {
  sent: number
  received: number
  /** Sent, and written here after all. */
  fallenBack: number
  /** Sent, and not answered in time. */
  refused: number
  sentTo: Map<string, number>
}

type Kind = 'Project' | 'Processor'
interface Item {
  event: Encoded
  since: number
  resolve(verdict: Verdict): void
}
/** What waits for one owner or helper. */
interface Outbound {
  kind: Kind
  id: string
  items: Item[]
  onTheWay: number
  planned: boolean
}

export function createEventRouter({
  mesh,
  intake,
  tally,
  now,
  withinMs = WITHIN_MS,
  limits,
}: EventRouterDeps): EventRouter {
  const outbounds = new Map<string, Outbound>()
  const loads = createProjectLoads({ mesh, limits })
  const counts: RoutedCounts = { sent: 0, received: 0, fallenBack: 0, refused: 0, sentTo: new Map() }
  let waitingBytes = 0

  /** As the owner of its project, or in the owner's place. */
  function own(event: Encoded, expiresAt?: number): Promise<Verdict> {
    const helper = loads.helperFor(event.projectId)
    return helper === undefined ? work(event, expiresAt) : send('Processor', helper, event)
  }

  const work = (event: Encoded, expiresAt?: number): Promise<Verdict> =>
    loads.during(event.projectId, intake.submit(event, expiresAt))

  function send(kind: Kind, id: string, event: Encoded): Promise<Verdict> {
    if (waitingBytes + event.bytes > INFLIGHT_BUDGET_BYTES) return Promise.resolve(NO_ROOM)
    waitingBytes += event.bytes
    const key = `${kind} ${id}`
    const outbound = outbounds.get(key) ?? { kind, id, items: [], onTheWay: 0, planned: false }
    outbounds.set(key, outbound)
    return new Promise((resolve) => {
      outbound.items.push({ event, since: performance.now(), resolve })
      plan(key, outbound)
    })
  }

  /** One batch a turn of the event loop: what arrived together travels together. */
  function plan(key: string, outbound: Outbound): void {
    if (outbound.planned || outbound.onTheWay >= ON_THE_WAY) return
    outbound.planned = true
    setImmediate(() => {
      outbound.planned = false
      if (outbound.items.length > 0) void carry(key, outbound)
      else if (outbound.onTheWay === 0) outbounds.delete(key)
    })
  }

  async function carry(key: string, outbound: Outbound): Promise<void> {
    const batch = takeBatch(outbound.items)
    for (const { event } of batch) waitingBytes -= event.bytes
    const since = performance.now() - withinMs
    const late = batch.filter((item) => item.since < since)
    if (late.length > 0) refuse(late)
    const items = batch.filter((item) => item.since >= since)
    if (items.length > 0) {
      outbound.onTheWay++
      settle(items, await travel(outbound, items))
      outbound.onTheWay--
    }
    plan(key, outbound)
  }

  async function travel(
    { kind, id }: Outbound,
    items: readonly Item[],
  ): Promise<Verdict[] | Routed['status']> {
    const node = mesh.ownerElsewhere(kind, id)
    if (node === undefined) return 'here'
    const events = items.map(({ event }) => event)
    counts.sent += items.length
    counts.sentTo.set(node, (counts.sentTo.get(node) ?? 0) + items.length)
    try {
      const bytes = writeBatch({ deadline: now() + withinMs, events })
      const routed = await mesh.route(kind, id, bytes, withinMs)
      return routed.status === 'answered' ? readVerdicts(routed.answer, items.length) : routed.status
    } catch {
      // An answer of another version: nobody knows what it says.
      return 'gone'
    }
  }

  function settle(items: readonly Item[], result: Verdict[] | Routed['status']): void {
    if (Array.isArray(result)) for (const [i, item] of items.entries()) item.resolve(result[i]!)
    else if (result === 'slow') refuse(items)
    else {
      if (result !== 'here') counts.fallenBack += items.length
      for (const { event, resolve } of items) {
        // Its end over there is not known.
        if (result !== 'here') event.tried = true
        void work(event).then(resolve)
      }
    }
  }

  /** The owner lives and has too much to do. Nobody else counts it. */
  function refuse(items: readonly Item[]): void {
    counts.refused += items.length
    for (const { event, resolve } of items) {
      tally.count(event.projectId, 'overloaded', event.stamp.receivedAt)
      resolve(OVERLOADED)
    }
  }

  return {
    submit(event) {
      if (mesh.alone) return intake.submit(event)
      const project = String(event.projectId)
      return mesh.ownerElsewhere('Project', project) === undefined
        ? own(event)
        : send('Project', project, event)
    },
    async process(kind, id, bytes) {
      const { deadline, events } = readBatch(bytes)
      counts.received += events.length
      const leftMs = deadline - now()
      if (leftMs <= 0) return writeVerdicts(events.map(() => OVERLOADED))
      const expiresAt = performance.now() + leftMs
      if (kind === 'Processor') loads.helped(id, events.length)
      const verdicts = await Promise.all(
        events.map((event) => (kind === 'Project' ? own(event, expiresAt) : work(event, expiresAt))),
      )
      for (const [i, { projectId, stamp }] of events.entries())
        if (verdicts[i] === NO_ROOM) tally.count(projectId, 'overloaded', stamp.receivedAt)
      return writeVerdicts(verdicts)
    },
    loads,
    counts,
  }
}

function takeBatch(items: Item[]): Item[] {
  let bytes = 0
  let n = 0
  while (n < items.length && n < MAX_BATCH_EVENTS) {
    bytes += items[n]!.event.bytes
    if (n > 0 && bytes > MAX_BATCH_BYTES) break
    n++
  }
  return items.splice(0, n)
}
