// A node of the mesh: says that it lives, knows the others, and starts the engine when there are others. In: where it
// listens, what it does with what is sent to it, and the tables in which nodes find each other. Out: a handle that can
// always be asked; alone, every answer is "here", and nothing of the engine is loaded.
//
// alone → (another node's heartbeat is read) → listening, owning, calling → (nobody else for a minute) → alone
//
// Affinity is an optimisation: whatever is wrong or late about who owns what costs contention, never data. So a view
// that could not be read again for some seconds is not trusted, and this node does its work itself.
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { pause } from '#server/runtime/pause.ts'
import { Shutdown, type ChildSpec } from '#server/runtime/supervisor.ts'
import type { Engine } from './engine.ts'
import { createLinks } from './links.ts'
import { isLoopbackAddress, machineId } from './machine.ts'
import { createRooms } from './rooms.ts'
import {
  SHARES,
  type EntityKind,
  type MeshLog,
  type MeshRow,
  type MeshStore,
  type NodeStatus,
  type NodeView,
  type Processor,
  type Routed,
} from './types.ts'
import { meshKey } from './secret.ts'

const BEAT_MS = 1_000
/** Alone it is enough to be found within seconds. */
const BEAT_ALONE_MS = 2_000
/** A node whose heartbeat is older is not given anything. */
const SILENT_MS = 6_000
/** What such a node owned is free after this. */
const SHARD_SILENT_MS = 8_000
/** A view of the others that is older is not trusted. */
const VIEW_MS = 5_000
const PING_EVERY_MS = 1_000
const PING_WITHIN_MS = 2_500
/** So long after the last other node was seen the engine is stopped. */
const LINGER_MS = 60_000
/** Names of processors that are looked through for one that lives elsewhere. */
const PROCESSOR_NAMES = 64

export interface MeshOptions {
  name: string
  version: string
  /** Asked for when it is needed: it may be read from the database. */
  secret(): string
  /** `port` 0: any. */
  listen: { host: string; port: number; advertisedHost: string }
  store: MeshStore
  /** Work that was sent to this node, as the owner or its helper. */
  process(kind: 'Project' | 'Processor', id: string, bytes: Uint8Array): Promise<Uint8Array>
  /** What it says of itself: plain JSON. */
  describe(): unknown
  log: MeshLog
}

export interface MeshNode {
  id: string
  /** To be supervised: the heartbeat, and the engine while there are others. */
  processes: ChildSpec[]
  /** All nodes known, those gone for a while included. */
  nodes(): NodeView[]
  /** Nobody else is there, or nobody can be told from here: all work is this node's. Costs nothing to ask. */
  readonly alone: boolean
  /** The node that owns it; undefined when nobody does, or nobody knows. */
  whereIs(kind: EntityKind, id: string): string | undefined
  /** The owner, when it is another node and can be reached. */
  ownerElsewhere(kind: EntityKind, id: string): string | undefined
  /** Sends work to the owner of a thing and waits for its answer, at most so long. */
  route(kind: 'Project' | 'Processor', id: string, bytes: Uint8Array, withinMs: number): Promise<Routed>
  /** Names helpers for a project, one on each other node that can be reached, at most so many. */
  spawn(projectId: string, most: number): Processor[]
  /** Tells everybody in the room on other nodes. Returns at once. */
  publish(room: string, bytes: Uint8Array): void
  /** Hears what other nodes publish. @returns leaves the room */
  subscribe(room: string, listener: (bytes: Uint8Array) => void): () => void
  /** Whether anybody on another node listens, as far as this node knows. */
  heardElsewhere(room: string): boolean
  /** Into how many parts all work is divided. */
  readonly shares: number
  /** From now on it gets nothing new from others. */
  leave(): Promise<void>
}

export function connectNode(options: MeshOptions): MeshNode {
  const { store, listen, log } = options
  const id = randomUUID()
  const machine = machineId()
  const startedAt = new Date()
  const links = createLinks()
  let view: MeshRow[] = []
  let viewAt = -Infinity
  let engine: Engine | undefined
  let leaving = false
  /** It has been asked to stop, and does not come back. */
  let drained = false
  /** Of whom some room listens, by their own words. */
  let heard = new Set<string>()
  let owners = new Map<string, string>()
  const rooms = createRooms({ engine: () => engine, log })

  const age = () => performance.now() - viewAt
  const isReachable = (row: MeshRow) => !isLoopbackAddress(row.host) || row.machine === machine
  /** As of when it was read: a node that cannot look does not take the others for dead. */
  const isAlive = (row: MeshRow) => row.silentMs < SILENT_MS && !row.leaving
  /** Other nodes there are, listening already or not. */
  const others = () => view.filter((row) => row.id !== id && isAlive(row) && isReachable(row))
  const peers = () =>
    others().flatMap(({ id: peer, host, port }) => (port === null ? [] : [{ id: peer, host, port }]))
  const trusted = () => engine !== undefined && !leaving && age() < VIEW_MS

  async function beat(): Promise<void> {
    const asked = performance.now()
    const rows = await store.beat({
      ...{ id, name: options.name, machine, host: listen.advertisedHost, version: options.version },
      ...{ port: engine?.port ?? null, startedAt, leaving, state: { rooms: rooms.names(), ...described() } },
    })
    // As old as the question: what was true while it was being answered may not be any more.
    viewAt = asked
    view = rows
    const alive = others()
    links.keep(new Set(alive.map((row) => row.id)))
    owners = new Map(rows.filter((row) => row.id === id || isAlive(row)).flatMap(ownedBy))
    heard = new Set(alive.flatMap((row) => roomsOf(row.state)))
  }

  const described = () => options.describe() as object

  const registry: ChildSpec = {
    id: 'mesh-registry',
    restart: 'permanent',
    shutdownMs: 3_000,
    async start({ signal, ready }) {
      let failing = false
      leaving = drained
      ready()
      while (!signal.aborted) {
        try {
          await beat()
          if (failing) log.info('The other nodes can be seen again')
          failing = false
        } catch (error) {
          // Not a crash: the backoff of one would have this node thought dead after every outage of PostgreSQL.
          if (!failing) log.error('The heartbeat of this node could not be written', { error })
          failing = true
        }
        await pause(others().length > 0 ? BEAT_MS : BEAT_ALONE_MS, signal)
      }
      if (signal.reason instanceof Shutdown) await goodbye()
    },
  }

  /** Told, not only heard of later: the others need not wait until this node has been silent for long. */
  async function goodbye(): Promise<void> {
    leaving = true
    if (engine) await Promise.race([beat(), delay(1_000, undefined, { ref: false })]).catch(() => {})
    await engine
      ?.close()
      .catch((error: unknown) => log.error('The mesh was not left in good order', { error }))
    engine = undefined
    await Promise.race([beat(), delay(1_000, undefined, { ref: false })]).catch(() => {})
  }

  const host: ChildSpec = {
    id: 'mesh-engine',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        while (others().length === 0 && !signal.aborted) await pause(200, signal)
        if (signal.aborted) return
        await live(signal)
      }
    },
  }

  /** From the first other node that is seen to a while after the last one. */
  async function live(signal: AbortSignal): Promise<void> {
    const { startEngine } = await import('./engine.ts')
    const number = view.find((row) => row.id === id)?.number
    if (number === undefined) return
    const started = await startEngine({
      ...{ nodeId: id, number, key: meshKey(options.secret()), log },
      listen: { host: listen.host, port: listen.port },
      advertisedHost: listen.advertisedHost,
      peers,
      shards: {
        acquire: (shardIds) => store.acquire(id, shardIds, SHARD_SILENT_MS),
        held: (shardIds) => store.held(id, shardIds),
        release: (shardId) => store.release(id, shardId),
        releaseAll: () => store.releaseAll(id),
      },
      process: options.process,
      onConnection(address, open) {
        const peer = peers().find((other) => `${other.host}:${other.port}` === address)
        if (peer && !open) links.lose(peer.id)
      },
    })
    engine = started
    rooms.open()
    log.info('This node is part of a mesh', { node: id, port: started.port })
    try {
      let lastSeen = performance.now()
      while (!signal.aborted && performance.now() - lastSeen < LINGER_MS) {
        if (others().length > 0) lastSeen = performance.now()
        for (const peer of peers()) void ping(started, peer)
        await pause(PING_EVERY_MS, signal)
      }
    } finally {
      rooms.close()
      if (!leaving) log.info('This node is alone')
      engine = undefined
      links.keep(new Set())
      await started.close()
    }
  }

  const pinging = new Set<string>()
  async function ping(running: Engine, peer: { id: string; host: string; port: number }): Promise<void> {
    if (pinging.has(peer.id)) return
    pinging.add(peer.id)
    const asked = performance.now()
    const given = new AbortController()
    const late = setTimeout(() => given.abort(), PING_WITHIN_MS)
    try {
      await running.ping(peer, given.signal)
      links.answered(peer.id, performance.now() - asked)
    } catch {
      links.lose(peer.id)
    } finally {
      clearTimeout(late)
      pinging.delete(peer.id)
    }
  }

  function whereIs(_kind: EntityKind, thing: string): string | undefined {
    return engine ? owners.get(engine.shardOf(thing)) : id
  }

  function ownerElsewhere(kind: EntityKind, thing: string): string | undefined {
    if (!trusted()) return undefined
    const owner = whereIs(kind, thing)
    return owner !== undefined && owner !== id && links.find(owner)?.up ? owner : undefined
  }

  return {
    id,
    processes: [host, registry],
    nodes: () =>
      view.map(({ silentMs, ...row }) => ({
        ...row,
        self: row.id === id,
        status: statusOf(row, silentMs + age()),
        link:
          row.id === id || row.port === null
            ? undefined
            : { up: false, latencyMs: null, ...links.find(row.id) },
      })),
    get alone() {
      return !trusted()
    },
    whereIs,
    ownerElsewhere,
    async route(kind, thing, bytes, withinMs) {
      const owner = ownerElsewhere(kind, thing)
      if (owner === undefined) return { status: 'here' }
      const running = engine! // ownerElsewhere has looked
      const ended = new AbortController()
      const { promise, resolve }: PromiseWithResolvers<Routed> = Promise.withResolvers()
      const stopWaiting = links.onLost(owner, () => resolve({ status: 'gone' }))
      const deadline = setTimeout(
        () => resolve({ status: links.find(owner)?.up ? 'slow' : 'gone' }),
        withinMs,
      )
      running.call(kind, thing, bytes, ended.signal).then(
        (answer) => resolve({ status: 'answered', answer }),
        // A defect over there, or its shutting down: nobody knows how far it came.
        () => resolve({ status: 'gone' }),
      )
      const routed = await promise
      clearTimeout(deadline)
      stopWaiting()
      ended.abort()
      return routed
    },
    spawn(projectId, most) {
      if (!trusted()) return []
      const found = new Map<string, Processor>()
      for (let k = 0; k < PROCESSOR_NAMES && found.size < most; k++) {
        const name = `${projectId}#${k}`
        const nodeId = ownerElsewhere('Processor', name)
        if (nodeId !== undefined && !found.has(nodeId)) found.set(nodeId, { id: name, nodeId })
      }
      return [...found.values()]
    },
    publish: (room, bytes) => rooms.publish(room, bytes),
    subscribe: (room, listener) => rooms.subscribe(room, listener),
    heardElsewhere(room) {
      if (!trusted()) return false
      // The owner knows each listener; the others know what was said in the last heartbeats.
      return whereIs('Room', room) === id ? engine!.listeners(room) > 0 || heard.has(room) : heard.has(room)
    },
    shares: SHARES,
    async leave() {
      leaving = drained = true
      if (view.length > 1) await beat().catch(() => {})
    },
  }
}

const ownedBy = (row: MeshRow): [shard: string, nodeId: string][] =>
  row.shards.map((shard) => [shard, row.id])

function roomsOf(state: unknown): string[] {
  const { rooms } = (state ?? {}) as { rooms?: unknown }
  return Array.isArray(rooms) ? rooms.filter((room) => typeof room === 'string') : []
}

function statusOf(row: Pick<MeshRow, 'leaving' | 'port'>, silentMs: number): NodeStatus {
  if (row.leaving) return row.port === null || silentMs > SILENT_MS ? 'left' : 'leaving'
  return silentMs < SILENT_MS ? 'alive' : 'silent'
}
