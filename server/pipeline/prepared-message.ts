// Bodies on their way to a thread and prepared events on their way back, as one text and one piece of memory each: a
// text is copied at once and read by JSON's parser, memory changes hands without a copy. Objects would be walked field
// by field, which costs a third of what preparing a small event does.
import { DomainError, type DomainErrorCode } from '#server/domain/errors.ts'
import type { Grouping } from '#server/domain/grouping/versions.ts'
import type { Encoded, PreparationSettings } from './event-states.ts'
import type { Preparation, Prepared } from './preparation.ts'

export interface Message {
  text: string
  bytes: Uint8Array<ArrayBuffer>
}

/** Of one message there may be several answers. */
export interface Answer extends Message {
  last: boolean
}

export interface Job {
  id: number
  preparation: Preparation
  body: Buffer
}

/** What became of a job: its events, or why the whole body has none. */
export interface Done {
  id: number
  results: readonly Prepared[] | Error
}

// ── There ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type JobHead = [id: number, length: number, settings: number, rest: Omit<Preparation, 'project'>]

const textsOf = new WeakMap<PreparationSettings, string>()

function settingsText(project: PreparationSettings): string {
  let text = textsOf.get(project)
  if (text === undefined) {
    const { id, retentionDays, sampleRate, scrub, grouping } = project
    const settings: PreparationSettings = { id, retentionDays, sampleRate, scrub, grouping }
    textsOf.set(project, (text = JSON.stringify(settings)))
  }
  return text
}

export function packJobs(jobs: readonly Job[]): Message {
  const settings = new Map<string, number>()
  const heads = jobs.map(({ id, preparation: { project, ...rest }, body }): JobHead => {
    const text = settingsText(project)
    let at = settings.get(text)
    if (at === undefined) settings.set(text, (at = settings.size))
    return [id, body.length, at, rest]
  })
  return {
    text: JSON.stringify({ settings: [...settings.keys()], heads }),
    bytes: joined(jobs.map(({ body }) => body)),
  }
}

/** Settings are the same objects as long as they say the same: what is compiled from them is kept with them. */
const settingsOf = new Map<string, PreparationSettings>()
const MAX_SETTINGS = 1_000

function readSettings(text: string): PreparationSettings {
  let settings = settingsOf.get(text)
  if (!settings) {
    if (settingsOf.size >= MAX_SETTINGS) settingsOf.clear()
    settings = JSON.parse(text) as PreparationSettings // our own writing
    settingsOf.set(text, settings)
  }
  return settings
}

export function unpackJobs({ text, bytes }: Message): Job[] {
  const { settings, heads } = JSON.parse(text) as { settings: string[]; heads: JobHead[] } // our own writing
  const projects = settings.map(readSettings)
  const take = cutter(bytes)
  return heads.map(([id, length, at, rest]) => ({
    id,
    preparation: { ...rest, project: projects[at]! },
    body: take(length),
  }))
}

// ── And back ───────────────────────────────────────────────────────────────────────────────────────────────────────

type Fault = { code?: DomainErrorCode; details?: Record<string, unknown>; message: string; stack?: string }
type EventText = [
  ...[eventId: string, version: number, why: Grouping['why'], previous: [number, Grouping['why']] | 0],
  ...[title: string, type: string | null, value: string | null, culprit: string | null],
  ...[bytes: number, weight: number | null, occurredAt: number, level: number, platform: string],
  ...[environment: string, release: string | null, transaction: string | null, message: string | null],
  ...[userLabel: string | null, tags: string, search: string],
  ...[payloadBytes: number, payloadLength: number, hasUser: 0 | 1],
]
type DoneText = [id: number, results: (EventText | Fault)[] | Fault]

export function packDone(done: readonly Done[]): Message {
  const pieces: Buffer[] = []
  const texts = done.map(({ id, results }): DoneText => [
    id,
    results instanceof Error
      ? faultOf(results)
      : results.map((one) => (one instanceof Error ? faultOf(one) : packEvent(one, pieces))),
  ])
  return { text: JSON.stringify(texts), bytes: joined(pieces) }
}

function packEvent({ eventId, grouping, description, row, bytes }: Encoded, pieces: Buffer[]): EventText {
  const { version, why, hash, previous } = grouping
  const { title, type, value, culprit } = description
  const { payload, userHash } = row
  pieces.push(hash)
  if (previous) pieces.push(previous.hash)
  if (userHash) pieces.push(userHash)
  pieces.push(payload)
  // prettier-ignore -- in the order of EventText, a line of it a line here
  return [
    eventId,
    version,
    why,
    previous ? [previous.version, previous.why] : 0,
    title,
    type,
    value,
    culprit,
    bytes,
    row.weight,
    row.occurredAt,
    row.level,
    row.platform,
    row.environment,
    row.release,
    row.transaction,
    row.message,
    row.userLabel,
    row.tags,
    row.search,
    row.payloadBytes,
    payload.length,
    userHash ? 1 : 0,
  ]
}

const HASH_BYTES = 16

/** @param preparationOf the project and stamp of a job: they have not travelled */
export function unpackDone(
  { text, bytes }: Message,
  preparationOf: (id: number) => Pick<Preparation, 'project' | 'stamp'>,
): Done[] {
  const take = cutter(bytes)
  return (JSON.parse(text) as DoneText[]).map(([id, results]) => {
    if (!Array.isArray(results)) return { id, results: errorOf(results) }
    const { project, stamp } = preparationOf(id)
    return {
      id,
      results: results.map((one) =>
        Array.isArray(one) ? unpackEvent(one, take, project.id, stamp) : errorOf(one),
      ),
    }
  })
}

function unpackEvent(
  event: EventText,
  take: (length: number) => Buffer,
  projectId: number,
  stamp: Encoded['stamp'],
): Encoded {
  // prettier-ignore -- as above
  const [
    eventId,
    version,
    why,
    previous,
    title,
    type,
    value,
    culprit,
    bytes,
    weight,
    occurredAt,
    level,
    platform,
    environment,
    release,
    transaction,
    message,
    userLabel,
    tags,
    search,
    payloadBytes,
    payloadLength,
    hasUser,
  ] = event
  const grouping: Encoded['grouping'] = { version, hash: take(HASH_BYTES), why }
  if (previous) grouping.previous = { version: previous[0], hash: take(HASH_BYTES), why: previous[1] }
  const userHash = hasUser ? take(HASH_BYTES) : null
  const payload = take(payloadLength)
  // prettier-ignore -- a field a line would be a page
  const row: Encoded['row'] = {
    weight,
    occurredAt,
    level,
    platform,
    environment,
    release,
    transaction,
    message,
    userLabel,
    userHash,
    tags,
    search,
    payload,
    payloadBytes,
  }
  const description = { title, type, value, culprit }
  return { state: 'encoded', projectId, eventId, stamp, grouping, description, row, bytes }
}

function faultOf(error: Error): Fault {
  return error instanceof DomainError
    ? { code: error.code, details: error.details, message: error.message }
    : { message: error.message, stack: error.stack }
}

function errorOf({ code, details, message, stack }: Fault): Error {
  if (code) return new DomainError(code, details, message)
  return Object.assign(new Error(message), stack ? { stack } : {})
}

// ── Memory ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Memory of its own, which may change hands: small Buffers share theirs with others. */
function joined(pieces: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function cutter(bytes: Uint8Array<ArrayBuffer>): (length: number) => Buffer {
  let at = bytes.byteOffset
  return (length) => Buffer.from(bytes.buffer, (at += length) - length, length)
}
