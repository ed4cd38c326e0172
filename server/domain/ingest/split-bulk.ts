// A bulk body → the payloads of its events, each by itself: a JSON array, or one JSON object a line.
import { MAX_BULK_EVENTS, MAX_EVENT_BYTES } from '#shared/constants/limits.ts'
import { DomainError } from '../errors.ts'
import { parseJson } from './parse-json.ts'

export type BulkForm = 'array' | 'lines'

/** One event's payload, or why it has none. */
export type Piece = { payload: unknown } | { error: DomainError }

/** @throws DomainError invalid_json, too_deep, empty_body, too_many_events when the body as a whole is none */
export function splitBulk(body: Buffer, form: BulkForm): Piece[] {
  const pieces = form === 'lines' ? splitLines(body) : splitArray(body)
  if (pieces.length === 0) throw new DomainError('empty_body', undefined, 'Send at least one event')
  if (pieces.length > MAX_BULK_EVENTS)
    throw new DomainError('too_many_events', { maxEvents: MAX_BULK_EVENTS })
  return pieces
}

function splitArray(body: Buffer): Piece[] {
  const value = parseJson(body)
  if (!Array.isArray(value))
    throw new DomainError('invalid_json', undefined, 'The body is not a JSON array of events')
  if (value.length > MAX_BULK_EVENTS) throw new DomainError('too_many_events', { maxEvents: MAX_BULK_EVENTS })
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
    if (pieces.length > MAX_BULK_EVENTS) break // the whole is refused; no need to read on
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
