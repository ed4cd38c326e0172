// The event of Mesher's own API as a sender should write it: the contract for `POST /api/v1/events`, `/events/bulk` and
// the ingest socket, for the docs and the SDK. Names are those of the Sentry event payload; camelCase is taken as well
// (`eventId`, `serverName`, `threadId`, `inApp`, `absPath`, `ipAddress`, `queryString` …).
//
// The doors are more lenient than this schema: what has no message and no exception is refused with the path of each
// problem; any other field of a wrong type is dropped and noted on the event (server/domain/ingest/normalise.ts).
import { z } from 'zod'
import { MAX_BULK_EVENTS, MAX_STREAM_REF, TRIM } from '../constants/limits.ts'
import { json, jsonObject } from './event.ts'
import { fieldProblem } from './problem.ts'

const text = (max: number) => z.string().max(max)

/** Unix seconds (a fraction is kept to the millisecond) or RFC 3339. */
export const ingestTime = z.union([z.number(), z.string()])

export const ingestLevel = z
  .enum(['fatal', 'error', 'warning', 'info', 'debug', 'critical', 'warn', 'log'])
  .meta({ description: '`critical` is stored as fatal, `warn` as warning, `log` as info' })

export const ingestFrame = z.object({
  filename: text(TRIM.frameText).optional(),
  abs_path: text(TRIM.frameText).optional(),
  module: text(TRIM.frameText).optional(),
  package: text(TRIM.frameText).optional(),
  function: text(TRIM.frameText).optional(),
  lineno: z.int().nonnegative().optional(),
  colno: z.int().nonnegative().optional(),
  pre_context: z.array(z.string()).optional(),
  context_line: text(TRIM.contextLine).optional(),
  post_context: z.array(z.string()).optional(),
  in_app: z.boolean().optional().meta({ description: 'Your own code; decided by the platform when absent' }),
  vars: jsonObject.optional(),
})

/** Frames from the oldest call to the one that broke. */
export const ingestStacktrace = z.object({ frames: z.array(ingestFrame) })

export const ingestMechanism = z.object({
  type: z.string().optional(),
  handled: z.boolean().optional().meta({ description: 'false: the program did not catch it' }),
  synthetic: z.boolean().optional(),
  exception_id: z.int().optional(),
  parent_id: z.int().optional(),
  source: z.string().optional(),
  is_exception_group: z.boolean().optional(),
  data: jsonObject.optional(),
})

export const ingestException = z
  .object({
    type: text(TRIM.exceptionType).optional(),
    value: text(TRIM.exceptionValue).optional(),
    module: text(TRIM.frameText).optional(),
    thread_id: z.union([z.string(), z.number()]).optional(),
    mechanism: ingestMechanism.optional(),
    stacktrace: ingestStacktrace.optional(),
  })
  .refine(({ type, value }) => Boolean(type?.trim()) || Boolean(value?.trim()), {
    message: 'needs a type or a value',
  })

export const ingestMessage = z.union([
  z.string(),
  z.object({
    message: z
      .string()
      .optional()
      .meta({ description: 'The template, before parameters: events group by it' }),
    params: z.union([z.array(json), jsonObject]).optional(),
    formatted: z.string().optional(),
  }),
])

export const ingestBreadcrumb = z.object({
  timestamp: ingestTime.optional(),
  type: z.string().optional(),
  category: z.string().optional(),
  level: ingestLevel.optional(),
  message: text(TRIM.breadcrumbMessage).optional(),
  data: jsonObject.optional(),
})

export const ingestUser = z
  .object({
    id: z.union([z.string(), z.number()]).optional(),
    email: z.string().optional(),
    username: z.string().optional(),
    name: z.string().optional(),
    ip_address: z.string().optional().meta({ description: '`{{auto}}` is the address of the connection' }),
  })
  .catchall(json)

const textPairs = z.union([z.record(z.string(), z.string()), z.array(z.tuple([z.string(), z.string()]))])

export const ingestRequest = z.object({
  url: z.string().optional(),
  method: z.string().optional(),
  query_string: z.union([z.string(), textPairs]).optional(),
  headers: textPairs.optional(),
  cookies: z.union([z.string(), textPairs]).optional(),
  data: json.optional(),
  env: jsonObject.optional(),
})

const scalar = z.union([z.string(), z.number(), z.boolean()])

export const ingestEvent = z
  .object({
    event_id: z
      .string()
      .regex(/^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/)
      .optional()
      .meta({
        description:
          'A UUID, with or without dashes. Sent again, the event is stored once. Made when absent.',
      }),
    timestamp: ingestTime.optional(),
    level: ingestLevel.optional(),
    platform: text(TRIM.platform).optional(),
    logger: text(TRIM.logger).optional(),
    message: ingestMessage.optional(),
    exception: z
      .union([ingestException, z.array(ingestException), z.object({ values: z.array(ingestException) })])
      .optional()
      .meta({ description: 'One, or a chain from the first cause to what was thrown' }),
    breadcrumbs: z
      .union([z.array(ingestBreadcrumb), z.object({ values: z.array(ingestBreadcrumb) })])
      .optional(),
    tags: z.union([z.record(z.string(), scalar), z.array(z.tuple([z.string(), scalar]))]).optional(),
    user: ingestUser.optional(),
    request: ingestRequest.optional(),
    contexts: z.record(z.string(), jsonObject).optional(),
    extra: jsonObject.optional(),
    modules: z.record(z.string(), z.string()).optional(),
    sdk: z.object({ name: z.string().optional(), version: z.string().optional() }).optional(),
    environment: text(TRIM.environment).optional().meta({ description: '`production` when absent' }),
    release: text(TRIM.release).optional(),
    dist: text(TRIM.dist).optional(),
    server_name: text(TRIM.serverName).optional(),
    transaction: text(TRIM.transaction).optional(),
    fingerprint: z.array(text(TRIM.fingerprintPart)).max(TRIM.fingerprintParts).optional().meta({
      description: 'Events with the same fingerprint are one issue; `{{ default }}` mixes the automatic in',
    }),
  })
  .refine((event) => hasMessage(event.message) || hasException(event.exception), {
    message: 'a message or an exception is needed',
  })
export type IngestEvent = z.infer<typeof ingestEvent>

function hasMessage(message: z.infer<typeof ingestMessage> | undefined): boolean {
  const shown = typeof message === 'object' ? (message.formatted ?? message.message) : message
  return shown !== undefined && shown.trim() !== ''
}

function hasException(exception: unknown): boolean {
  if (Array.isArray(exception)) return exception.length > 0
  if (typeof exception !== 'object' || exception === null) return false
  return !('values' in exception) || (Array.isArray(exception.values) && exception.values.length > 0)
}

/** 202 of `POST /api/v1/events`. */
export const ingestAccepted = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/) })
export type IngestAccepted = z.infer<typeof ingestAccepted>

/** A JSON array, or the same events one a line as `application/x-ndjson`. */
export const ingestBulk = z.array(ingestEvent).min(1).max(MAX_BULK_EVENTS)
export type IngestBulk = z.infer<typeof ingestBulk>

export const ingestRefused = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.object({ problems: z.array(fieldProblem) }).optional(),
  }),
})
export type IngestRefused = z.infer<typeof ingestRefused>

/** 202 of `POST /api/v1/events/bulk`, in the order of the events sent. */
export const ingestBulkResult = z.object({
  accepted: z.int().nonnegative(),
  rejected: z.int().nonnegative(),
  results: z.array(z.union([ingestAccepted, ingestRefused])),
})
export type IngestBulkResult = z.infer<typeof ingestBulkResult>

/** The sender's name for one message of the stream; the answer carries it. Integers beyond 2^53 come back as text. */
export const streamRef = z.union([z.string().max(MAX_STREAM_REF), z.number()])

/** What a program sends over `WS /api/v1/events/stream`, one text frame each. */
export const streamMessage = z.object({ type: z.literal('event'), ref: streamRef, event: ingestEvent })
export type StreamMessage = z.infer<typeof streamMessage>

/** What it hears, one text frame for each of its frames, in any order. `ref` is null when none could be read. */
export const streamAnswer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ack'), ref: streamRef, id: ingestAccepted.shape.id }),
  z.object({
    type: z.literal('error'),
    ref: streamRef.nullable(),
    error: z.object({
      code: z.string(),
      message: z.string(),
      retryAfterSeconds: z.int().positive().optional(),
      details: z.unknown().optional(),
    }),
  }),
])
export type StreamAnswer = z.infer<typeof streamAnswer>
