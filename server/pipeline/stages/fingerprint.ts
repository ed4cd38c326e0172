import { group } from '#server/domain/grouping/current.ts'
import { describe } from '#server/domain/ingest/title.ts'
import type { Fingerprinted, Scrubbed } from '../event-states.ts'

/** Says which group the event belongs to, and why, and what it is called. */
export function fingerprint({ project, stamp, event }: Scrubbed): Fingerprinted {
  const { title, type, value, culprit } = describe(event)
  return {
    state: 'fingerprinted',
    project,
    stamp,
    event,
    grouping: group(event),
    description: { title, type: type ?? null, value: value ?? null, culprit: culprit ?? null },
  }
}
