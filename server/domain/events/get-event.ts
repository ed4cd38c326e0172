// The whole of one event: its row, its normal form unpacked, and its neighbours within the issue. A link may carry the
// UTC day of receipt, which leaves a few weeks to look into; a bare id is looked for in all that are left.
import { useDatabase } from '#server/storage/database.ts'
import { findEdgeEvent } from '#server/storage/events/find-edge-event.ts'
import { findEvent, type StoredEvent } from '#server/storage/events/find-event.ts'
import { findNeighbours } from '#server/storage/events/find-neighbours.ts'
import { readInOrder } from '#server/storage/read-in-order.ts'
import type { EventDetail } from '#shared/schemas/event-view.ts'
import { DomainError } from '../errors.ts'
import { needIssueOrTarget } from '../issues/get-issue.ts'
import type { ProjectRef } from '../issues/short-id.ts'
import { expiriesOf } from '../retention/expiry.ts'
import { eventView } from './event-view.ts'
import { issueExpiries } from './issue-expiries.ts'
import { unpackPayload } from './payload.ts'

const DAY_MS = 86_400_000
/** Events to either side are counted up to here: beyond, nobody steps one by one. */
const COUNT_UP_TO = 1_000

export async function getEvent(project: ProjectRef, eventId: string, day?: string): Promise<EventDetail> {
  const db = useDatabase().read
  const now = new Date()
  const event =
    (day === undefined ? null : await findEvent(db, project.id, eventId, expiriesOf(dayRange(day), now))) ??
    // No day, or a wrong one (a link written by hand): the id alone decides.
    (await findEvent(db, project.id, eventId, expiriesOf({ since: null, until: null }, now)))
  if (!event) throw new DomainError('not_found')
  return detail(project, event, now)
}

/** Within an issue: an id of one of its events, or the newest or oldest that is stored. */
export async function getIssueEvent(
  project: ProjectRef,
  reference: string,
  wanted: string,
): Promise<EventDetail> {
  const db = useDatabase().read
  const now = new Date()
  const issue = await needIssueOrTarget(db, project, reference)
  const expiries = issueExpiries(issue, now)
  const eventId =
    wanted === 'latest' || wanted === 'oldest'
      ? await readInOrder(useDatabase().read, (ordered) =>
          findEdgeEvent(ordered, project.id, issue.id, wanted, expiries),
        )
      : wanted
  const event = eventId && (await findEvent(db, project.id, eventId, expiries))
  if (!event || event.issueId !== issue.id) throw new DomainError('not_found')
  return detail(project, event, now)
}

async function detail(project: ProjectRef, event: StoredEvent, now: Date): Promise<EventDetail> {
  const db = useDatabase().read
  const issue = await needIssueOrTarget(db, project, event.issueId)
  const place = {
    projectId: project.id,
    issueId: event.issueId,
    eventId: event.id,
    receivedAt: event.receivedAt,
  }
  const [neighbours, payload] = await Promise.all([
    readInOrder(useDatabase().read, (ordered) =>
      findNeighbours(ordered, place, issueExpiries(issue, now), COUNT_UP_TO),
    ),
    unpackPayload(event.payload),
  ])
  return { ...eventView(event), payload, payloadBytes: event.payloadBytes, ...neighbours }
}

const dayRange = (day: string) => ({
  since: new Date(`${day}T00:00:00Z`),
  until: new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS),
})
