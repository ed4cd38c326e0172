// What the mesh is to the rest of the program: bytes to the node that owns a thing, bytes to everybody in a room, and
// who there is. It reads nothing of what it carries.

/** Things that have one owner at a time. */
export const ENTITY_KINDS = ['Project', 'Room', 'Processor'] as const
export type EntityKind = (typeof ENTITY_KINDS)[number]

/** All there is to own is divided into so many, by hash; the same on all nodes. */
export const SHARES = 96

/** A node as its row in PostgreSQL has it. */
export interface MeshRow {
  id: string
  number: number
  name: string
  machine: string
  host: string
  /** Null: it does not listen. */
  port: number | null
  version: string
  startedAt: Date
  heartbeatAt: Date
  /** When it was read. */
  silentMs: number
  leaving: boolean
  state: unknown
  shards: string[]
}

/** Where nodes find each other and hold what they own. Handed in: the mesh does not know PostgreSQL. */
export interface MeshStore {
  beat(
    self: Pick<
      MeshRow,
      'id' | 'name' | 'machine' | 'host' | 'port' | 'version' | 'startedAt' | 'leaving' | 'state'
    >,
  ): Promise<MeshRow[]>
  acquire(nodeId: string, shardIds: readonly string[], silentMs: number): Promise<string[]>
  held(nodeId: string, shardIds: readonly string[]): Promise<string[]>
  release(nodeId: string, shardId: string): Promise<void>
  releaseAll(nodeId: string): Promise<void>
}

export type NodeStatus = 'alive' | 'leaving' | 'left' | 'silent'

export interface NodeView extends Omit<MeshRow, 'silentMs'> {
  self: boolean
  status: NodeStatus
  /** Between here and there: undefined for this node, and where nobody listens. */
  link: { up: boolean; latencyMs: number | null } | undefined
}

/** What became of a batch that was sent to its owner. */
export type Routed =
  | { status: 'answered'; answer: Uint8Array }
  /** Nobody else owns it, or nobody knows who does: it is this node's to write. */
  | { status: 'here' }
  /** The owner is lost. Whether it did the work is not known. */
  | { status: 'gone' }
  /** The owner lives and did not manage in time: doing its work here would finish an overloaded mesh. */
  | { status: 'slow' }

/** A helper of a project's owner, on another node. */
export interface Processor {
  /** `<project>#<k>` */
  id: string
  nodeId: string
}

export interface MeshLog {
  info(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}
