// The states of an event on the line. A stage takes one and returns the next, so a wrong order does not compile;
// the order itself is written once, in pipeline.ts.
import type { NormalEvent } from '#shared/schemas/event.ts'
import type { ProjectGrouping } from '#server/domain/grouping/versions.ts'
import type { Attachments } from '#server/domain/ingest/normalise.ts'
import type { Stamp } from '#server/domain/ingest/stamp.ts'
import type { IngestProject } from '#server/domain/projects/key-cache.ts'

/** What preparing needs of a project: what its alert rules count is decided afterwards, where the rules are. */
export type PreparationSettings = Omit<IngestProject, 'counters'>

/** As it came through a door: parsed JSON of any shape, stamped. */
export interface Received {
  state: 'received'
  project: PreparationSettings
  stamp: Stamp
  payload: unknown
  /** Which rules read it: our own API is strict where it matters, the Sentry doors never reject for shape. */
  dialect: 'own' | 'sentry'
  /** From the envelope's header; wins over the payload's own. */
  eventId?: string
  /** The sender's clock when it sent, for drift. */
  sentAt?: string
  /** What came along as files. */
  attachments?: Attachments
  /** For users with the address `{{auto}}`. */
  peerAddress?: string
  userAgent?: string
}

interface Shaped {
  project: PreparationSettings
  stamp: Stamp
  event: NormalEvent
}
export interface Normalised extends Shaped {
  state: 'normalised'
}
/** Nothing after this stage ever sees what was scrubbed: not the title, the index, the store or a log. */
export interface Scrubbed extends Shaped {
  state: 'scrubbed'
}

export interface Description {
  title: string
  type: string | null
  value: string | null
  culprit: string | null
}
export interface Fingerprinted extends Shaped {
  state: 'fingerprinted'
  grouping: ProjectGrouping
  description: Description
}

/** Ready to be written: all that costs CPU is done, only PostgreSQL is left. */
export interface Encoded {
  state: 'encoded'
  projectId: number
  eventId: string
  stamp: Stamp
  grouping: ProjectGrouping
  description: Description
  row: EncodedRow
  /** It was in a batch whose end nobody knows: it may be stored, and counted, already. */
  tried?: true
  /** What it weighs in the intake, bytes. */
  bytes: number
}
/** Columns of the event row that depend on nothing stored. */
export interface EncodedRow {
  /** How many events a stored one stands for; 0: sampled out. Null where the project keeps everything. */
  weight: number | null
  occurredAt: number
  level: number
  platform: string
  environment: string
  release: string | null
  transaction: string | null
  message: string | null
  userLabel: string | null
  userHash: Buffer | null
  tags: string
  search: string
  payload: Buffer
  payloadBytes: number
  /**
   * Ids of the counters of alert rules that it counts for, and those of them that count users. Absent where there are
   * none, and in what was spooled by a node that knew of none: the shape is that of before.
   */
  counters?: number[]
  userCounters?: number[]
}
