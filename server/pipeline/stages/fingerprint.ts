import { GROUPING_METHODS, groupFor, type GroupingMethods } from '#server/domain/grouping/versions.ts'
import { describe } from '#server/domain/ingest/title.ts'
import type { Fingerprinted, Scrubbed } from '../event-states.ts'

/**
 * Says which group the event belongs to, and why, and what it is called.
 * @param methods another set of grouping versions than the shipped one, for tests
 */
export function fingerprint(
  { project, stamp, event }: Scrubbed,
  methods: GroupingMethods = GROUPING_METHODS,
): Fingerprinted {
  const { title, type, value, culprit } = describe(event)
  return {
    state: 'fingerprinted',
    project,
    stamp,
    event,
    grouping: groupFor(project.grouping, event, methods),
    description: { title, type: type ?? null, value: value ?? null, culprit: culprit ?? null },
  }
}
