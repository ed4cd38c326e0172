// What all ingest doors do before and after their own work, cheapest check first (design §3.1): key → guards → size
// while streaming → decode. Doors hand over parsed payloads and get verdicts; errors leave in the door's own style:
// Mesher's `{error}` or the `{detail, causes}` that Sentry's SDKs read.
import {
  defineEventHandler,
  getQuery,
  getRouterParam,
  setResponseHeader,
  setResponseStatus,
  type H3Event,
} from 'h3'
import { DomainError } from '#server/domain/errors.ts'
import { findCredential } from '#server/domain/ingest/credentials.ts'
import { stamp, type Stamp } from '#server/domain/ingest/stamp.ts'
import type { IngestKey } from '#server/domain/projects/key-cache.ts'
import type { Received } from '#server/pipeline/event-states.ts'
import { NO_ROOM } from '#server/pipeline/intake.ts'
import { findLine, type Line } from '#server/pipeline/line.ts'
import type { Verdict } from '#server/pipeline/outcome.ts'
import type { Outcome } from '#shared/schemas/stats.ts'
import type { DomainErrorCode } from '#server/domain/errors.ts'
import { sendProblem, toProblem } from './problem.ts'
import { drain, holdFrom, readRawBody, type BodyLimits } from './read-body.ts'
import { currentScope } from './scope.ts'

export interface IngestContext {
  event: H3Event
  line: Line
  key: IngestKey
  body: Buffer
  /** Stamps now, by PostgreSQL's clock. */
  stamp(): Stamp
  /** Prepares one payload and waits for its verdict. Throws what preparing throws. */
  accept(
    input: Pick<Received, 'payload' | 'dialect'> & Partial<Received>,
  ): Promise<{ id: string; verdict: Verdict }>
  /** Counts a refusal of this project. */
  refuse(outcome: Outcome, n?: number): void
}

export interface IngestDoor {
  /** For the API's description. */
  summary: string
  style: 'own' | 'sentry'
  limits: BodyLimits
  /** Finds key and project in the body, for SDKs that send them only there. */
  keyInBody?: (body: Buffer) => { publicKey: string; projectId: number } | null
  handle(context: IngestContext): Promise<unknown>
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-sentry-error, x-sentry-rate-limits, retry-after',
  // An answer to a write is nobody's to keep, and must not be read as a page.
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'cross-origin',
}
const PREFLIGHT = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers':
    'x-sentry-auth, x-mesher-key, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, authentication, authorization, content-encoding, transfer-encoding',
  'access-control-max-age': '3600',
}
/** Which refusals are counted, and as what. */
const COUNTED: Partial<Record<DomainErrorCode, Outcome>> = {
  payload_too_large: 'too_large',
  overloaded: 'overloaded',
  key_disabled: 'unauthorized',
  wrong_project: 'unauthorized',
  origin_not_allowed: 'unauthorized',
  invalid_json: 'invalid',
  invalid_event: 'invalid',
  invalid_envelope: 'invalid',
  empty_body: 'invalid',
  too_deep: 'invalid',
  bad_encoding: 'invalid',
  unsupported_encoding: 'invalid',
  too_many_events: 'too_large',
}

export function defineIngestDoor(door: IngestDoor) {
  const handler = defineEventHandler(async (event) => {
    const { req, res } = event.node
    for (const [name, value] of Object.entries(CORS)) res.setHeader(name, value)
    if (req.method === 'OPTIONS') {
      for (const [name, value] of Object.entries(PREFLIGHT)) res.setHeader(name, value)
      setResponseStatus(event, 204)
      return null
    }
    const line = findLine()
    let key: IngestKey | null = null
    const hold = line ? holdFrom(line.budget) : undefined
    try {
      if (req.method !== 'POST') throw new DomainError('method_not_allowed')
      if (!line?.open || !hold) throw new DomainError('overloaded', { retryAfterSeconds: 2 })
      const credential = credentialOf(event)
      if (credential) key = await proveKey(line, event, credential, projectOfPath(event))
      else if (!door.keyInBody) throw new DomainError('missing_key')
      const body = await readRawBody(req, door.limits, hold)
      if (!key) {
        const found = door.keyInBody!(body)
        if (!found) throw new DomainError('missing_key')
        key = await proveKey(line, event, found.publicKey, projectOfPath(event) ?? found.projectId)
      }
      if (body.length === 0) throw new DomainError('empty_body')
      return await door.handle(contextOf(event, line, key, body))
    } catch (error) {
      if (key && line && error instanceof DomainError) {
        const outcome = COUNTED[error.code]
        if (outcome) line.tally.count(key.project.id, outcome, line.clock.now())
      }
      await drain(req, res)
      return door.style === 'own' ? sendProblem(event, error) : sendSentryProblem(event, error)
    } finally {
      hold?.release()
    }
  })
  return Object.assign(handler, { ingest: { summary: door.summary, style: door.style } })
}

function credentialOf(event: H3Event): string | null {
  const { headers } = event.node.req
  const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(',') : value)
  const queryKey = event.path.includes('sentry_key=') ? getQuery(event).sentry_key : undefined
  return findCredential({
    authorization: headers.authorization,
    sentryAuth: one(headers['x-sentry-auth']),
    mesherKey: one(headers['x-mesher-key']),
    queryKey: typeof queryKey === 'string' ? queryKey : undefined,
  })
}

/** The project in the address, where the door's address has one. */
function projectOfPath(event: H3Event): number | undefined {
  const text = getRouterParam(event, 'ingestProject')
  if (text === undefined) return undefined
  if (!/^\d{1,10}$/.test(text)) throw new DomainError('not_found')
  return Number(text)
}

async function proveKey(
  line: Line,
  event: H3Event,
  publicKey: string,
  projectId?: number,
): Promise<IngestKey> {
  const key = await line.keys.find(publicKey)
  if (!key) throw new DomainError('unknown_key')
  const refuse = (code: DomainErrorCode) => {
    line.tally.count(key.project.id, 'unauthorized', line.clock.now())
    return new DomainError(code)
  }
  if (!key.active) throw refuse('key_disabled')
  if (projectId !== undefined && projectId !== key.project.id) throw refuse('wrong_project')
  const { origin } = event.node.req.headers
  if (key.allowedOrigins.length > 0 && origin && !key.allowedOrigins.includes(origin))
    throw refuse('origin_not_allowed')
  return key
}

function contextOf(event: H3Event, line: Line, key: IngestKey, body: Buffer): IngestContext {
  const now = () => stamp(line.clock.now(), key.project.retentionDays)
  return {
    event,
    line,
    key,
    body,
    stamp: now,
    refuse: (outcome, n) => line.tally.count(key.project.id, outcome, line.clock.now(), n),
    async accept(input) {
      const encoded = line.prepare({
        state: 'received',
        project: key.project,
        stamp: now(),
        peerAddress: currentScope()?.peerAddress ?? undefined,
        userAgent: event.node.req.headers['user-agent'],
        ...input,
      })
      const verdict = await line.intake.submit(encoded)
      // The writers count what they give up; what never got in is counted here.
      if (verdict === NO_ROOM) line.tally.count(key.project.id, 'overloaded', encoded.stamp.receivedAt)
      return { id: encoded.eventId, verdict }
    },
  }
}

/** The error a verdict is, or undefined when the event is safe (stored, a duplicate, or suppressed on purpose). */
export function errorOf(verdict: Verdict): DomainError | undefined {
  if (verdict.outcome === 'overloaded')
    return new DomainError('overloaded', { retryAfterSeconds: verdict.retryAfterSeconds })
  if (verdict.outcome === 'invalid') return new DomainError('invalid_event', { reason: verdict.reason })
  return undefined
}

function sendSentryProblem(event: H3Event, error: unknown) {
  const { status, body, retryAfterSeconds } = toProblem(error)
  const { message, details } = body.error
  setResponseStatus(event, status)
  setResponseHeader(event, 'x-sentry-error', message.replace(/[^\x20-\x7e]/g, '?'))
  if (retryAfterSeconds !== undefined) setResponseHeader(event, 'retry-after', retryAfterSeconds)
  const causes = (details as { causes?: unknown } | undefined)?.causes
  return { detail: message, causes: Array.isArray(causes) ? causes : [] }
}
