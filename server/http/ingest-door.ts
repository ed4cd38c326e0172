// What all ingest doors do before and after their own work, cheapest check first (design §3.1): key → guards → size
// while streaming → decode. Doors hand over parsed payloads and get verdicts; errors leave in the door's own style:
// Mesher's `{error}` or the `{detail, causes}` that Sentry's SDKs read.
//
// They speak to Node's own request and response. The framework's way there (hooks, router, its event) costs as much as
// preparing an event does (measured), so main.ts asks `findIngestDoor` first; where the framework serves alone, as in
// development, the same doors are its routes.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { defineEventHandler, getRouterParam } from 'h3'
import { DomainError, type DomainErrorCode } from '#server/domain/errors.ts'
import type { BulkForm } from '#server/domain/ingest/split-bulk.ts'
import type { IngestKey } from '#server/domain/projects/key-cache.ts'
import type { Accepted, Incoming, Line } from '#server/pipeline/line.ts'
import { findLine } from '#server/pipeline/line.ts'
import type { Verdict } from '#server/pipeline/outcome.ts'
import type { Prepared } from '#server/pipeline/preparation.ts'
import { measures, type IngestDoorName } from '#server/system/measures.ts'
import type { Outcome } from '#shared/schemas/stats.ts'
import { apiHeaders } from './api-headers.ts'
import { credentialOf, proveKey } from './ingest-credential.ts'
import { toProblem } from './problem.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'
import { drain, holdFrom, readRawBody, type BodyLimits } from './read-body.ts'
import { currentScope } from './scope.ts'

export interface IngestContext {
  req: IncomingMessage
  line: Line
  key: IngestKey
  body: Buffer
  /** How many of `n` events the rate limits let in now: the first so many. */
  admit(n: number): number | Promise<number>
  /** What the sender of those beyond hears. */
  rateLimited(): DomainError
  /** Prepares one event and waits for its verdict. Throws what is wrong with it. */
  accept(
    input: Pick<Incoming, 'dialect' | 'eventId' | 'sentAt' | 'attachments'>,
    content: { json: Buffer } | { payload: unknown },
  ): Promise<Accepted>
  /** Prepares the events of the body. Throws what is wrong with the body as a whole. */
  prepareBulk(form: BulkForm): Promise<Prepared[]>
  /** Counts a refusal of this project. */
  refuse(outcome: Outcome, n?: number): void
}

export interface IngestAnswer {
  status: number
  body: unknown
  headers?: OutgoingHttpHeaders
}

export interface IngestDeclaration {
  /** In the metrics. */
  name: IngestDoorName
  /** For the API's description. */
  summary: string
  style: 'own' | 'sentry'
  limits: BodyLimits
  /** There is at least one event in every request: the rate limit is asked for it before the body is read. */
  admitFirst?: true
  /** Finds key and project in the body, for SDKs that send them only there. */
  keyInBody?: (body: Buffer) => { publicKey: string; projectId: number } | null
  handle(context: IngestContext): Promise<IngestAnswer>
}

/** Answers one request, whatever comes of it. `projectId`: of the address, where the door's address has one. */
export type ServeIngest = (req: IncomingMessage, res: ServerResponse, projectId?: string) => Promise<void>

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
  rate_limited: 'rate_limited',
  invalid_json: 'invalid',
  invalid_event: 'invalid',
  invalid_envelope: 'invalid',
  empty_body: 'invalid',
  too_deep: 'invalid',
  bad_encoding: 'invalid',
  unsupported_encoding: 'invalid',
  too_many_events: 'too_large',
  invalid_message: 'invalid',
}

let constantHeaders: Record<string, string> | undefined

export function defineIngestDoor(door: IngestDeclaration) {
  const serve: ServeIngest = async (req, res, projectId) => {
    if (req.method === 'OPTIONS') return send(res, preflight)
    const began = performance.now()
    const answer = await answerTo(door, req, res, projectId)
    if (answer.status < 300) measures.acknowledged[door.name].observe((performance.now() - began) / 1_000)
    send(res, answer)
  }
  const handler = defineEventHandler(async (event) => {
    await serve(event.node.req, event.node.res, getRouterParam(event, 'ingestProject'))
  })
  return Object.assign(handler, { ingest: { summary: door.summary, style: door.style }, serve })
}

const preflight: IngestAnswer = { status: 204, body: undefined, headers: PREFLIGHT }

async function answerTo(
  door: IngestDeclaration,
  req: IncomingMessage,
  res: ServerResponse,
  projectId: string | undefined,
): Promise<IngestAnswer> {
  const line = findLine()
  let key: IngestKey | null = null
  const hold = line ? holdFrom(line.budget) : undefined
  try {
    if (req.method !== 'POST') throw new DomainError('method_not_allowed')
    if (!line?.open || !hold) throw new DomainError('overloaded', { retryAfterSeconds: 2 })
    const project = projectOf(projectId)
    const credential = credentialOf(req)
    if (credential) key = await proveKey(line, req, credential, project)
    else if (!door.keyInBody) throw new DomainError('missing_key')
    if (door.admitFirst && key && !(await line.limiter.admit(key, 1))) throw rateLimited(line, key)
    const body = await readRawBody(req, door.limits, hold)
    if (!key) {
      const found = door.keyInBody!(body)
      if (!found) throw new DomainError('missing_key')
      key = await proveKey(line, req, found.publicKey, project ?? found.projectId)
    }
    if (body.length === 0) throw new DomainError('empty_body')
    return await door.handle(contextOf(req, line, key, body))
  } catch (error) {
    const outcome = outcomeOf(error)
    if (key && line && outcome) line.tally.count(key.project.id, outcome, line.clock.now())
    await drain(req, res)
    return problemAnswer(door.style, error)
  } finally {
    hold?.release()
  }
}

function send(res: ServerResponse, { status, body, headers }: IngestAnswer): void {
  if (res.destroyed || res.headersSent) return
  constantHeaders ??= { ...apiHeaders(), ...CORS }
  const text = body === undefined ? '' : JSON.stringify(body)
  const scope = currentScope()
  res.writeHead(status, {
    ...constantHeaders,
    ...(scope ? { 'x-request-id': scope.id } : {}),
    ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    ...headers,
  })
  res.end(text)
}

function projectOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,10}$/.test(text)) throw new DomainError('not_found')
  return Number(text)
}

function contextOf(req: IncomingMessage, line: Line, key: IngestKey, body: Buffer): IngestContext {
  const peerAddress = currentScope()?.peerAddress ?? undefined
  const userAgent = req.headers['user-agent']
  return {
    req,
    line,
    key,
    body,
    admit: (n) => line.limiter.admit(key, n),
    rateLimited: () => rateLimited(line, key),
    accept: (input, content) =>
      line.accept({ ...input, project: key.project, peerAddress, userAgent }, content),
    prepareBulk: (form) =>
      line.prepareBulk({ dialect: 'own', project: key.project, peerAddress, userAgent }, body, form),
    refuse: (outcome, n) => line.tally.count(key.project.id, outcome, line.clock.now(), n),
  }
}

/** Seconds until the next minute, and whose limit it was, for those who read either. */
export function rateLimited({ limiter }: Line, key: IngestKey): DomainError {
  const scope = limiter.refusedBy(key)
  return new DomainError(
    'rate_limited',
    { retryAfterSeconds: limiter.retryAfterSeconds(), scope },
    `The rate limit of the ${scope} is reached`,
  )
}

/** The line has counted what it refused itself. */
class Judged extends DomainError {}

/** As what a refusal is to be counted; undefined when it is not, or was already. */
export const outcomeOf = (error: unknown): Outcome | undefined =>
  error instanceof DomainError && !(error instanceof Judged) ? COUNTED[error.code] : undefined

/** The error a verdict is, or undefined when the event is safe (stored, a duplicate, or suppressed on purpose). */
export function errorOf(verdict: Verdict): DomainError | undefined {
  if (verdict.outcome === 'overloaded')
    return new Judged('overloaded', { retryAfterSeconds: verdict.retryAfterSeconds })
  if (verdict.outcome === 'invalid') return new Judged('invalid_event', { reason: verdict.reason })
  return undefined
}

const scopeOf = (details: unknown): 'project' | 'key' =>
  (details as { scope?: unknown } | undefined)?.scope === 'key' ? 'key' : 'project'

function problemAnswer(style: IngestDeclaration['style'], error: unknown): IngestAnswer {
  const { status, body, retryAfterSeconds } = toProblem(error)
  const scope = body.error.code === 'rate_limited' && scopeOf(body.error.details)
  const headers: OutgoingHttpHeaders =
    retryAfterSeconds === undefined
      ? {}
      : scope
        ? rateLimitHeaders(retryAfterSeconds, scope)
        : { 'retry-after': String(retryAfterSeconds) }
  if (style === 'own') return { status, body, headers }
  const { message, details } = body.error
  const causes = (details as { causes?: unknown } | undefined)?.causes
  return {
    status,
    body: { detail: message, causes: Array.isArray(causes) ? causes : [] },
    headers: { ...headers, 'x-sentry-error': message.replace(/[^\x20-\x7e]/g, '?') },
  }
}
