// A payload of any shape → an event in normal form. `normaliseSentry` takes whatever an SDK of any age sends and never
// refuses it for its shape; `normaliseOwn` (own-event.ts decides what is enough) serves Mesher's own API. What is
// changed, cut or dropped is noted on the event. Takes the payload over: parts of it become parts of the event.
import { randomUUID } from 'node:crypto'
import { TRIM } from '#shared/constants/limits.ts'
import type { Exception, NormalEvent, Stacktrace } from '#shared/schemas/event.ts'
import { DomainError } from '../errors.ts'
import { breadcrumbsOf } from './breadcrumbs.ts'
import { contextsOf, modulesOf } from './contexts.ts'
import { exceptionsOf } from './exceptions.ts'
import type { Fields } from './fields.ts'
import { fieldsOf, isFields, nameOf, textOf } from './fields.ts'
import { fingerprintOf } from './fingerprint.ts'
import { stacktraceOf } from './frames.ts'
import { jsonObjectOf } from './json-values.ts'
import { levelOf } from './levels.ts'
import { messageOf } from './message.ts'
import type { Place } from './notes.ts'
import { Notes } from './notes.ts'
import { withOwnNames } from './own-event.ts'
import { requestOf } from './request.ts'
import { tagsOf } from './tags.ts'
import { threadsOf } from './threads.ts'
import { clockDrift, eventTime, isoTime } from './times.ts'
import { userOf } from './user.ts'

/** Files that came with an event. They are not kept; their names, which may say anything, neither. */
export interface Attachments {
  count: number
  bytes: number
}

export interface IngestContext {
  /** The door's stamp. */
  receivedAt: Date
  /** The sender's clock when it sent, from the envelope's header. */
  sentAt?: string
  /** From the envelope's header; wins over the payload's. */
  eventId?: string
  attachments?: Attachments
  /** Address of the connection, for `{{auto}}`. */
  peerAddress?: string
  /** The connection's User-Agent, kept when the event came from a browser and does not say. */
  userAgent?: string
}

const DEFAULT_ENVIRONMENT = 'production'
const DEFAULT_PLATFORM = 'other'

/** Throws `invalid_event` only for what is not an object. */
export function normaliseSentry(payload: unknown, context: IngestContext): NormalEvent {
  if (!isFields(payload)) {
    throw new DomainError('invalid_event', { problems: [{ path: '', message: 'expected an object' }] })
  }
  return normalEventOf(payload, context, new Notes())
}

/** Throws `invalid_event` with `details.problems` when there is neither a message nor an exception. */
export function normaliseOwn(payload: unknown, context: IngestContext): NormalEvent {
  const notes = new Notes()
  return normalEventOf(withOwnNames(payload, notes), context, notes)
}

function normalEventOf(payload: Fields, context: IngestContext, notes: Notes): NormalEvent {
  const place: Place = { notes, path: '' }
  noteAttachments(context.attachments, notes)
  const receivedAt = context.receivedAt.getTime()
  const drift = clockDrift(context.sentAt, receivedAt, notes)
  const platform = nameOf(payload, 'platform', TRIM.platform, place)?.toLowerCase() ?? DEFAULT_PLATFORM
  const exceptions = exceptionsOf(
    payload.exception ?? payload['sentry.interfaces.Exception'],
    'exception',
    platform,
    place,
  )
  const message = messageOf(payload, place)
  const timestamp = eventTime(payload.timestamp, receivedAt, drift, notes)
  return {
    eventId: eventIdOf(payload, context, notes),
    timestamp: isoTime(timestamp),
    receivedAt: isoTime(receivedAt),
    level: eventLevel(payload, place),
    platform,
    logger: nameOf(payload, 'logger', TRIM.logger, place),
    message: message.shown ?? textOfSynthetic(exceptions),
    messageTemplate: message.template,
    exceptions,
    threads: withTopStack(threadsOf(payload.threads, platform, place), exceptions, payload, platform, place),
    breadcrumbs: breadcrumbsOf(payload.breadcrumbs, drift, place),
    tags: tagsWithSite(payload, place),
    user: eventUser(payload, context, place),
    request: eventRequest(payload, platform, context, place),
    contexts: contextsOf(payload, place),
    extra: jsonObjectOf(payload, 'extra', place) ?? {},
    modules: modulesOf(payload, place),
    sdk: sdkOf(payload, place),
    environment: nameOf(payload, 'environment', TRIM.environment, place) ?? DEFAULT_ENVIRONMENT,
    release: nameOf(payload, 'release', TRIM.release, place),
    dist: nameOf(payload, 'dist', TRIM.dist, place),
    serverName: nameOf(payload, 'server_name', TRIM.serverName, place),
    transaction:
      nameOf(payload, 'transaction', TRIM.transaction, place) ??
      nameOf(payload, 'culprit', TRIM.culprit, place),
    fingerprint: fingerprintOf(payload.fingerprint ?? checksumOf(payload), place),
    notes: notes.list,
  }
}

function noteAttachments(attachments: Attachments | undefined, notes: Notes): void {
  if (!attachments?.count) return
  const { count, bytes } = attachments
  const files = `${count} ${count === 1 ? 'file' : 'files'} of ${bytes} bytes`
  notes.dropped('attachments', `${files}; files are not kept`)
}

function eventIdOf(payload: Fields, context: IngestContext, notes: Notes): string {
  const sent = context.eventId ?? payload.event_id
  if (sent !== undefined && sent !== null && sent !== '') {
    const id = typeof sent === 'string' ? parseEventId(sent) : undefined
    if (id !== undefined) return id
    notes.replaced('event_id', 'not 32 hexadecimal digits; a new id was made')
  }
  return randomUUID().replaceAll('-', '')
}

/** 32 lower hex, from any case and with or without dashes; undefined for anything else and for the nil id. */
export function parseEventId(text: string): string | undefined {
  // A UUID in braces, the longest form in use, has 38 characters.
  if (text.length < 32 || text.length > 38) return undefined
  const id = text.replace(/[-{}]/g, '').toLowerCase()
  return /^[0-9a-f]{32}$/.test(id) && !/^0+$/.test(id) ? id : undefined
}

function eventLevel(payload: Fields, place: Place): NormalEvent['level'] {
  const sent = payload.level
  if (sent === undefined || sent === null || sent === '') return 'error'
  const level = levelOf(sent)
  if (level === undefined) place.notes.replaced('level', 'not a known level; "error" is used')
  return level ?? 'error'
}

/** A message captured with a stack comes as an exception without a type: its value is the message. */
function textOfSynthetic(exceptions: Exception[]): string | undefined {
  const last = exceptions.at(-1)
  return last && last.type === undefined && last.mechanism?.synthetic === true ? last.value : undefined
}

/** The legacy stack beside the exception belongs to what was thrown; without an exception it is the thread's. */
function withTopStack(
  threads: NormalEvent['threads'],
  exceptions: Exception[],
  payload: Fields,
  platform: string,
  place: Place,
): NormalEvent['threads'] {
  const sent = payload.stacktrace ?? payload['sentry.interfaces.Stacktrace']
  if (sent === undefined || sent === null) return threads
  const stacktrace: Stacktrace | undefined = stacktraceOf(sent, platform, {
    notes: place.notes,
    path: 'stacktrace',
  })
  if (!stacktrace) return threads
  const thrown = exceptions.at(-1)
  if (!thrown) return [...(threads ?? []), { current: true, stacktrace }]
  thrown.stacktrace ??= stacktrace
  return threads
}

function tagsWithSite(payload: Fields, place: Place): NormalEvent['tags'] {
  const tags = tagsOf(payload.tags, place)
  const site = nameOf(payload, 'site', TRIM.tagValue, place)
  if (site === undefined) return tags
  if (tags.length < TRIM.tags) tags.push(['site', site])
  else place.notes.dropped('site', `it becomes a tag, and there are ${TRIM.tags} already`)
  return tags
}

function eventUser(payload: Fields, context: IngestContext, place: Place): NormalEvent['user'] {
  const user = fieldsOf(payload, 'user', place) ?? fieldsOf(payload, 'sentry.interfaces.User', place)
  return user && userOf(user, context.peerAddress, { notes: place.notes, path: 'user' })
}

function eventRequest(
  payload: Fields,
  platform: string,
  context: IngestContext,
  place: Place,
): NormalEvent['request'] {
  const request = fieldsOf(payload, 'request', place) ?? fieldsOf(payload, 'sentry.interfaces.Http', place)
  const userAgent = platform === 'javascript' ? context.userAgent : undefined
  if (!request && userAgent === undefined) return undefined
  return requestOf(request ?? {}, userAgent, { notes: place.notes, path: 'request' })
}

function sdkOf(payload: Fields, place: Place): NormalEvent['sdk'] {
  const sdk = fieldsOf(payload, 'sdk', place)
  if (!sdk) return undefined
  const here = { notes: place.notes, path: 'sdk' }
  return {
    name: textOf(sdk, 'name', TRIM.tagValue, here),
    version: textOf(sdk, 'version', TRIM.tagValue, here),
  }
}

/** What raven, before fingerprints, sent to the same end. */
function checksumOf(payload: Fields): string[] | undefined {
  return typeof payload.checksum === 'string' && payload.checksum !== '' ? [payload.checksum] : undefined
}
