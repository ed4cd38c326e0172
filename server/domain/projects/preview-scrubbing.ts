// What scrubbing settings that are not saved yet would do to an event: one that is stored, or one pasted as a program
// would send it. The line's own normaliser and scrubber, on a copy; nothing is stored, and only the result goes out.
import { useDatabase } from '#server/storage/database.ts'
import { findEvent, type StoredEvent } from '#server/storage/events/find-event.ts'
import { listEvents } from '#server/storage/events/list-events.ts'
import type { NormalEvent } from '#shared/schemas/event.ts'
import type { ScrubSettings } from '#shared/schemas/project.ts'
import type { ScrubPreview } from '#shared/schemas/scrub-preview.ts'
import { DomainError } from '../errors.ts'
import { unpackPayload } from '../events/payload.ts'
import { changedPlaces, countFiltered } from '../ingest/changed-places.ts'
import { normaliseOwn, normaliseSentry } from '../ingest/normalise.ts'
import { parseJson } from '../ingest/parse-json.ts'
import { scrub } from '../ingest/scrub.ts'
import { expiriesOf } from '../retention/expiry.ts'

const MAX_PLACES = 1_000

export interface PreviewRequest {
  scrub: ScrubSettings
  eventId?: string | undefined
  json?: string | undefined
}

/** @throws DomainError not_found, or validation_failed for JSON that is no event */
export async function previewScrubbing(
  projectId: number,
  { scrub: settings, eventId, json }: PreviewRequest,
): Promise<ScrubPreview> {
  const stored = json === undefined ? await findStored(projectId, eventId?.toLowerCase()) : null
  const before = stored ? await unpackPayload(stored.payload) : readPasted(json!) // one of the two, as above
  const event = scrub(structuredClone(before), settings)
  // Notes tell of the changes; they are not part of what is searched for secrets.
  const { notes: _before, ...sent } = before
  const { notes: _after, ...kept } = event
  return {
    eventId: stored?.id ?? null,
    event,
    ...changedPlaces(sent, kept, MAX_PLACES),
    filteredBefore: countFiltered(sent),
  }
}

/** That one, or the newest. */
async function findStored(projectId: number, eventId: string | undefined): Promise<StoredEvent> {
  const db = useDatabase().read
  const expiries = expiriesOf({ since: null, until: null }, new Date())
  const everything = { since: null, until: null, level: null, environment: null }
  const id =
    eventId ??
    (
      await listEvents(db, { projectId, expiries, ...everything }, { from: null, upwards: false, limit: 1 })
    )[0]?.id
  const event = id === undefined ? null : await findEvent(db, projectId, id, expiries)
  if (!event) throw new DomainError('not_found', undefined, 'There is no such event')
  return event
}

function readPasted(json: string): NormalEvent {
  try {
    return normalise(parseJson(Buffer.from(json)))
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const { line, column } = error.details ?? {}
    const place = typeof line === 'number' ? ` at line ${line}, column ${String(column)}` : ''
    const message = `${error.message.replace(/^The body/, 'This').replace(/:.*| at position .*/s, '')}${place}.`
    throw new DomainError('validation_failed', { problems: [{ path: 'json', message }] }, message)
  }
}

/** Mesher's own form understands both ways of writing; what it finds nothing in is read as SDKs' events are. */
function normalise(payload: unknown): NormalEvent {
  const context = { receivedAt: new Date() }
  try {
    return normaliseOwn(payload, context)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_event')
      return normaliseSentry(payload, context)
    throw error
  }
}
