// What is counted while events pass, for /metrics to read: plain numbers of this process, made once, never sent anywhere
// by themselves. What somebody counts already (node-state.ts) is not counted here again.
import { createDistribution, type Distribution } from './distribution.ts'
import { ROUTE_GROUPS, type RouteGroup } from './route-group.ts'

export const INGEST_DOORS = ['single', 'bulk', 'envelope', 'store', 'security', 'stream'] as const
export type IngestDoorName = (typeof INGEST_DOORS)[number]

/** From a fsync's millisecond to the patience of a sender. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Up to what a writer takes. */
const BATCH_EVENTS = [1, 2, 5, 10, 20, 50, 100, 200, 500]

const perDoor = <T>(make: () => T) =>
  Object.fromEntries(INGEST_DOORS.map((door) => [door, make()])) as Record<IngestDoorName, T> // keys of the list

export const measures = {
  /** Seconds from a request's head, or a message, to the answer that it is safe. */
  acknowledged: perDoor(() => createDistribution(SECONDS)),
  /** Events of a batch that was written, and how long its transaction took. */
  batchEvents: createDistribution(BATCH_EVENTS),
  batchSeconds: createDistribution(SECONDS),
  /** Answers by kind of address and status; what was cut off before it was answered whole counts as `aborted`. */
  requests: new Map<RouteGroup, Map<number | 'aborted', number>>(),
  /** Seconds from a request's head to the end of its answer. */
  requestSeconds: Object.fromEntries(
    ROUTE_GROUPS.map((group) => [group, createDistribution(SECONDS)]),
  ) as Record<RouteGroup, Distribution>, // keys of the list
  /** Its own faults, as events of the internal project (server/processes/self-reporter.ts). */
  ownFaults: { reported: 0, suppressed: 0, failed: 0 },
  socketsOpen: 0,
  liveSocketsOpen: 0,
}

export function countRequest(group: RouteGroup, status: number | 'aborted', seconds: number): void {
  let statuses = measures.requests.get(group)
  if (!statuses) measures.requests.set(group, (statuses = new Map()))
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
  measures.requestSeconds[group].observe(seconds)
}
