// One message of the ingest stream (shared/schemas/ingest.ts has the contract): bytes → what to store and under which
// `ref` to answer, or what is wrong with it. And the answers, as text.
import { DomainError } from '#server/domain/errors.ts'
import { parseJson } from '#server/domain/ingest/parse-json.ts'
import { MAX_JSON_DEPTH, MAX_STREAM_REF } from '#shared/constants/limits.ts'
import { toProblem } from '../problem.ts'

/** The sender's own name for a message; null where it gave none that can be read. */
export type Ref = string | number | null

export type StreamMessage = { ref: Ref; event: unknown } | { ref: Ref; error: DomainError }

export function readMessage(data: Buffer, isBinary: boolean): StreamMessage {
  if (isBinary) return { ref: null, error: invalid('Send text frames') }
  let message: unknown
  try {
    // The event itself may be as deep as at the other doors.
    message = parseJson(data, MAX_JSON_DEPTH + 1)
  } catch (error) {
    if (error instanceof DomainError) return { ref: null, error }
    throw error
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return { ref: null, error: invalid('A message is an object: {"type":"event","ref":…,"event":{…}}') }
  const { type, ref, event } = message as Record<string, unknown> // an object of JSON, nothing more is known
  if (!isRef(ref))
    return { ref: null, error: invalid(`"ref" is needed: a number, or up to ${MAX_STREAM_REF} characters`) }
  if (type !== 'event') return { ref, error: invalid('"type" has to be "event"') }
  if (event === undefined) return { ref, error: invalid('"event" is missing') }
  return { ref, event }
}

const isRef = (ref: unknown): ref is string | number =>
  typeof ref === 'string' ? ref.length <= MAX_STREAM_REF : Number.isFinite(ref)

const invalid = (message: string) => new DomainError('invalid_message', undefined, message)

export const ackOf = (ref: Ref, id: string): string =>
  `{"type":"ack","ref":${JSON.stringify(ref)},"id":"${id}"}`

export function errorAnswerOf(ref: Ref, error: unknown): string {
  const { body, retryAfterSeconds } = toProblem(error)
  const { code, message, details } = body.error
  const what =
    retryAfterSeconds === undefined
      ? { code, message, ...(details === undefined ? {} : { details }) }
      : { code, message, retryAfterSeconds }
  return JSON.stringify({ type: 'error', ref, error: what })
}
