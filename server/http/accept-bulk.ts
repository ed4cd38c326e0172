// The bulk door's own work: split, judge each event by itself, put the results together in input order.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DomainError } from '#server/domain/errors.ts'
import { parseJson } from '#server/domain/ingest/parse-json.ts'
import { MAX_BULK_EVENTS, MAX_EVENT_BYTES } from '#shared/constants/limits.ts'
import { errorOf, outcomeOf, type IngestAnswer, type IngestContext } from './ingest-door.ts'
import { toProblem } from './problem.ts'

interface BulkResult {
  id?: string
  error?: { code: string; message: string; details?: unknown }
}

/** One event's payload, or why it has none. */
type Piece = { payload: unknown } | { error: DomainError }

/** Preparing an event is pure CPU: after this many the requests of others get their turn. */
const TURN_EVENTS = 25

/**
 * @throws DomainError invalid_json, empty_body, too_many_events when the body as a whole is none; the rest is in the
 * results. Status: 202 if anything was accepted, else 429, 503 or 400 by what went wrong.
 */
export async function acceptBulk(context: IngestContext): Promise<IngestAnswer> {
  const pieces = isLines(context) ? splitLines(context.body) : splitArray(context.body)
  if (pieces.length === 0) throw new DomainError('empty_body', undefined, 'Send at least one event')
  if (pieces.length > MAX_BULK_EVENTS)
    throw new DomainError('too_many_events', { maxEvents: MAX_BULK_EVENTS })
  // One was admitted before the body was read.
  const admitted = 1 + (await context.admit(pieces.length - 1))
  if (admitted < pieces.length) context.refuse('rate_limited', pieces.length - admitted)
  const pending: (Promise<BulkResult> | BulkResult)[] = []
  for (const [i, piece] of pieces.entries()) {
    if (i > 0 && i % TURN_EVENTS === 0) await nextTurn()
    pending.push(
      i < admitted ? accept(context, piece) : { error: toProblem(context.rateLimited()).body.error },
    )
  }
  const results = await Promise.all(pending)
  const accepted = results.filter((r) => r.id !== undefined).length
  const codes = new Set(results.map((r) => r.error?.code))
  const retryAfterSeconds = codes.has('rate_limited') ? context.line.limiter.retryAfterSeconds() : 5
  const busy = codes.has('rate_limited') || codes.has('overloaded')
  const status = accepted > 0 ? 202 : codes.has('rate_limited') ? 429 : codes.has('overloaded') ? 503 : 400
  return {
    status,
    ...(accepted === 0 && busy ? { headers: { 'retry-after': String(retryAfterSeconds) } } : {}),
    body: { accepted, rejected: results.length - accepted, results },
  }
}

async function accept(context: IngestContext, piece: Piece): Promise<BulkResult> {
  try {
    if ('error' in piece) throw piece.error
    const { id, verdict } = await context.accept({ payload: piece.payload, dialect: 'own' })
    const error = errorOf(verdict)
    return error ? { error: toProblem(error).body.error } : { id }
  } catch (error) {
    const outcome = outcomeOf(error)
    if (outcome) context.refuse(outcome)
    return { error: toProblem(error).body.error }
  }
}

const isLines = ({ req, body }: IngestContext) =>
  /ndjson|jsonl|json-seq/i.test(req.headers['content-type'] ?? '') && body[0] !== 0x5b

function splitArray(body: Buffer): Piece[] {
  const value = parseJson(body)
  if (!Array.isArray(value))
    throw new DomainError('invalid_json', undefined, 'The body is not a JSON array of events')
  // Only a body larger than an event can hold one that is too large; writing it out again is the price of knowing.
  const mayExceed = body.length > MAX_EVENT_BYTES
  return value.map((payload) =>
    mayExceed && Buffer.byteLength(JSON.stringify(payload) ?? '') > MAX_EVENT_BYTES
      ? { error: new DomainError('payload_too_large', { maxBytes: MAX_EVENT_BYTES }) }
      : { payload },
  )
}

function splitLines(body: Buffer): Piece[] {
  const pieces: Piece[] = []
  for (let at = 0; at < body.length;) {
    const newline = body.indexOf(0x0a, at)
    const end = newline === -1 ? body.length : newline
    const line = body.subarray(at, end)
    at = end + 1
    if (line.length === 0 || (line.length === 1 && line[0] === 0x0d)) continue
    if (pieces.length > MAX_BULK_EVENTS) break // the caller refuses the whole; no need to read on
    pieces.push(pieceOf(line))
  }
  return pieces
}

function pieceOf(line: Buffer): Piece {
  if (line.length > MAX_EVENT_BYTES)
    return { error: new DomainError('payload_too_large', { maxBytes: MAX_EVENT_BYTES }) }
  try {
    return { payload: parseJson(line) }
  } catch (error) {
    if (error instanceof DomainError) return { error }
    throw error
  }
}
