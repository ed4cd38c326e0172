// An event in normal form: what normalisation makes of every payload, what is stored (as JSON) and what the
// detail page and `GET …/events/{eventId}` show. Field names follow the Sentry event payload in camelCase.
// Orders are those of the wire: exceptions oldest cause first, frames oldest call first, breadcrumbs oldest first.
import { z } from 'zod'
import { LEVELS } from '../constants/levels.ts'

/** JSON of any shape, already bounded in depth and size. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export const json: z.ZodType<Json> = z.json() as z.ZodType<Json> // zod's JSON type is structurally the same, its recursion is not inferred
export const jsonObject = z.record(z.string(), json)

export const level = z.enum(LEVELS)

export const frame = z.object({
  filename: z.string().optional(),
  absPath: z.string().optional(),
  module: z.string().optional(),
  package: z.string().optional(),
  function: z.string().optional(),
  lineno: z.number().int().optional(),
  colno: z.number().int().optional(),
  preContext: z.array(z.string()).optional(),
  contextLine: z.string().optional(),
  postContext: z.array(z.string()).optional(),
  /** Decided by normalisation: the SDK's own flag, else the platform's default rule. */
  inApp: z.boolean(),
  vars: jsonObject.optional(),
  instructionAddr: z.string().optional(),
})
export type Frame = z.infer<typeof frame>

export const stacktrace = z.object({ frames: z.array(frame) })
export type Stacktrace = z.infer<typeof stacktrace>

export const mechanism = z.object({
  type: z.string().optional(),
  handled: z.boolean().optional(),
  synthetic: z.boolean().optional(),
  exceptionId: z.number().int().optional(),
  parentId: z.number().int().optional(),
  source: z.string().optional(),
  isExceptionGroup: z.boolean().optional(),
  data: jsonObject.optional(),
})

export const exception = z.object({
  type: z.string().optional(),
  value: z.string().optional(),
  module: z.string().optional(),
  threadId: z.string().optional(),
  mechanism: mechanism.optional(),
  stacktrace: stacktrace.optional(),
})
export type Exception = z.infer<typeof exception>

export const thread = z.object({
  id: z.string().optional(),
  name: z.string().optional(),
  crashed: z.boolean().optional(),
  current: z.boolean().optional(),
  main: z.boolean().optional(),
  stacktrace: stacktrace.optional(),
})

export const breadcrumb = z.object({
  /** ISO 8601 UTC, milliseconds. */
  timestamp: z.string().optional(),
  type: z.string().optional(),
  category: z.string().optional(),
  level: level.optional(),
  message: z.string().optional(),
  data: jsonObject.optional(),
})
export type Breadcrumb = z.infer<typeof breadcrumb>

export const eventUser = z.object({
  id: z.string().optional(),
  email: z.string().optional(),
  username: z.string().optional(),
  name: z.string().optional(),
  ipAddress: z.string().optional(),
  /** Everything else the SDK sent about the user. */
  data: jsonObject.optional(),
})
export type EventUser = z.infer<typeof eventUser>

export const request = z.object({
  url: z.string().optional(),
  method: z.string().optional(),
  queryString: z.string().optional(),
  headers: z.array(z.tuple([z.string(), z.string()])).optional(),
  cookies: z.array(z.tuple([z.string(), z.string()])).optional(),
  data: json.optional(),
  env: jsonObject.optional(),
})
export type EventRequest = z.infer<typeof request>

/** What normalisation or scrubbing changed: shown on the event, so that nobody mistakes a cut for the truth. */
export const note = z.object({
  /** Path inside the payload as sent, e.g. `exception.values[0].value`. */
  path: z.string(),
  kind: z.enum(['trimmed', 'dropped', 'replaced', 'scrubbed']),
  message: z.string(),
})
export type Note = z.infer<typeof note>

export const normalEvent = z.object({
  /** 32 lower hex. */
  eventId: z.string(),
  /** When it happened, by the sender's corrected clock. ISO 8601 UTC, milliseconds. */
  timestamp: z.string(),
  /** Stamped once at the door, by PostgreSQL's clock. ISO 8601 UTC, milliseconds. */
  receivedAt: z.string(),
  level,
  platform: z.string(),
  logger: z.string().optional(),
  /** The message as shown: formatted, else template and parameters put together. */
  message: z.string().optional(),
  /** The template before parameters, when the SDK sent one: what grouping uses. */
  messageTemplate: z.string().optional(),
  exceptions: z.array(exception),
  threads: z.array(thread).optional(),
  breadcrumbs: z.array(breadcrumb),
  tags: z.array(z.tuple([z.string(), z.string()])),
  user: eventUser.optional(),
  request: request.optional(),
  contexts: z.record(z.string(), jsonObject),
  extra: jsonObject,
  modules: z.record(z.string(), z.string()).optional(),
  sdk: z.object({ name: z.string().optional(), version: z.string().optional() }).optional(),
  environment: z.string(),
  release: z.string().optional(),
  dist: z.string().optional(),
  serverName: z.string().optional(),
  transaction: z.string().optional(),
  fingerprint: z.array(z.string()).optional(),
  notes: z.array(note),
})
export type NormalEvent = z.infer<typeof normalEvent>
