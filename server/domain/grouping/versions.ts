// Which grouping an event is grouped by: its project's. Every version that ever made a group stays here, because the
// groups it made keep their hashes. While a project moves to another version its events carry both hashes, so that
// the new group can join the issue of the old one (pipeline/make-groups.ts).
import type { NormalEvent } from '#shared/schemas/event.ts'
import type { GroupingReason } from '#shared/schemas/issue.ts'
import { group as groupV1 } from './v1.ts'

export interface Grouping {
  version: number
  /** 16 bytes. */
  hash: Buffer
  /** What was hashed, for people. */
  why: GroupingReason
}
export interface ProjectGrouping extends Grouping {
  /** By the version the project comes from; only while it moves. */
  previous?: Grouping
}

/** A project's settings. */
export interface GroupingVersions {
  version: number
  /** The version it moves away from; null when it has settled. */
  previous: number | null
}

/** Of a project made today; the columns' defaults say the same. */
export const NEW_PROJECT_GROUPING: GroupingVersions = { version: 1, previous: null }

export type GroupingMethods = ReadonlyMap<number, (event: NormalEvent) => Grouping>

export const GROUPING_METHODS: GroupingMethods = new Map([[1, groupV1]])

/** @param methods another set than the shipped one: tests bring a version that is not there yet */
export function groupFor(
  { version, previous }: GroupingVersions,
  event: NormalEvent,
  methods: GroupingMethods = GROUPING_METHODS,
): ProjectGrouping {
  const grouping = newestUpTo(version, methods)(event)
  if (previous === null || previous >= grouping.version) return grouping
  return { ...grouping, previous: newestUpTo(previous, methods)(event) }
}

/** A node that is not upgraded yet may meet a project that has moved on already; its events are not refused for it. */
function newestUpTo(version: number, methods: GroupingMethods): (event: NormalEvent) => Grouping {
  for (let known = version; known > 0; known--) {
    const method = methods.get(known)
    if (method) return method
  }
  throw new Error(`No grouping of version ${version} or earlier.`)
}
