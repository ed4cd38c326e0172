// Events on their way to another node, and their verdicts on the way back, as bytes. Nodes of one mesh may be of two
// versions during an upgrade: what is no batch of this one is refused, and its sender writes it itself.
import { deserialize, serialize } from 'node:v8'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import type { Verdict } from '#server/pipeline/outcome.ts'
import { assertEvent } from '#server/spool/event-record.ts'
import { FORMAT_VERSION } from '#server/spool/segment.ts'

export interface RoutedBatch {
  /** After it nothing of the batch is begun: its sender has stopped waiting. By PostgreSQL's clock, ms. */
  deadline: number
  events: Encoded[]
}

export const writeBatch = ({ deadline, events }: RoutedBatch): Uint8Array =>
  serialize({ version: FORMAT_VERSION, deadline, events })

/** @throws Error when it is no batch of this version */
export function readBatch(bytes: Uint8Array): RoutedBatch {
  const batch = deserialize(bytes) as Partial<RoutedBatch & { version: number }> | null
  if (batch?.version !== FORMAT_VERSION || typeof batch.deadline !== 'number' || !Array.isArray(batch.events))
    throw new Error('This is no batch of this version.')
  return { deadline: batch.deadline, events: batch.events.map(assertEvent) }
}

export const writeVerdicts = (verdicts: readonly Verdict[]): Uint8Array => serialize(verdicts)

/** @throws Error when these are not the verdicts of so many events */
export function readVerdicts(bytes: Uint8Array, count: number): Verdict[] {
  const verdicts = deserialize(bytes) as unknown
  const whole =
    Array.isArray(verdicts) &&
    verdicts.length === count &&
    verdicts.every((verdict) => OUTCOMES.includes((verdict as Partial<Verdict> | null)?.outcome as never))
  if (!whole) throw new Error('These are not the verdicts of the batch.')
  return verdicts as Verdict[]
}
