// The only table from error code to HTTP status, and the one shape every error answer has. What is not a DomainError
// is a fault of ours: the caller learns a request id and nothing else, the log gets the rest.
import { setResponseHeader, setResponseStatus, type H3Event } from 'h3'
import { DomainError, type DomainErrorCode } from '#server/domain/errors.ts'
import type { Problem } from '#shared/schemas/problem.ts'
import { log } from './log.ts'
import { noteFaultHere } from './note-fault.ts'
import { currentScope } from './scope.ts'

const STATUS: Record<DomainErrorCode, number> = {
  invalid_json: 400,
  invalid_event: 400,
  too_deep: 400,
  empty_body: 400,
  payload_too_large: 413,
  too_many_events: 413,
  unsupported_encoding: 415,
  bad_encoding: 400,
  invalid_envelope: 400,
  invalid_message: 400,
  missing_key: 401,
  conflicting_key: 401,
  unknown_key: 403,
  key_disabled: 403,
  wrong_project: 403,
  origin_not_allowed: 403,
  unauthenticated: 401,
  forbidden: 403,
  overloaded: 503,
  rate_limited: 429,
  not_found: 404,
  conflict: 409,
  validation_failed: 400,
  invalid_cursor: 400,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  too_many_subscriptions: 429,
  bad_upgrade: 400,
  upgrade_required: 426,
  untrusted_origin: 403,
  untrusted_host: 403,
  slug_taken: 409,
  email_taken: 409,
  invalid_credentials: 401,
  too_many_attempts: 429,
  signup_closed: 403,
  gone: 410,
  last_owner: 409,
  already_member: 409,
  first_owner_token_needed: 403,
  unavailable: 503,
  took_too_long: 503,
  internal: 500,
}

export const statusOf = (code: DomainErrorCode): number => STATUS[code]

export interface ProblemAnswer {
  status: number
  body: Problem
  retryAfterSeconds?: number
}

/** Words for any error. Unknown ones are logged here, once, and leave as `internal`. */
export function toProblem(error: unknown): ProblemAnswer {
  const known = asDomainError(error)
  if (known.code === 'internal') {
    log.error('request failed', { error })
    noteFaultHere(error)
  }
  const retryAfter = known.details?.retryAfterSeconds
  return {
    status: STATUS[known.code],
    body: {
      error: {
        code: known.code,
        message: known.message,
        ...detailsOf(known),
      },
    },
    ...(typeof retryAfter === 'number' ? { retryAfterSeconds: retryAfter } : {}),
  }
}

/** Answers the request with a problem; the handler returns what this returns. */
export function sendProblem(event: H3Event, error: unknown): Problem {
  const { status, body, retryAfterSeconds } = toProblem(error)
  setResponseStatus(event, status)
  setResponseHeader(event, 'cache-control', 'no-store')
  if (retryAfterSeconds !== undefined) setResponseHeader(event, 'retry-after', retryAfterSeconds)
  return body
}

/** Problems with single fields are the details themselves: an array, as forms want it. */
function detailsOf({ details }: DomainError): { details?: unknown } {
  if (!details) return {}
  return { details: Array.isArray(details.problems) ? details.problems : details }
}

function asDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error
  const code = sqlStateOrErrno(error)
  if (code === '57014') return new DomainError('took_too_long')
  // A NUL in a text: JSON knows it, PostgreSQL does not.
  if (code === '22021' || code === '22P05') return new DomainError('validation_failed')
  if (code && isConnectionTrouble(code)) return new DomainError('unavailable', { retryAfterSeconds: 2 })
  // pg says these two in words only: no connection became free, or none could be made, in time.
  if (
    error instanceof Error &&
    /^(timeout exceeded when trying to connect|Connection terminated)/.test(error.message)
  )
    return new DomainError('unavailable', { retryAfterSeconds: 2 })
  const requestId = currentScope()?.id
  return new DomainError('internal', requestId ? { requestId } : undefined)
}

function sqlStateOrErrno(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Classes 08 (connection), 3D (no such database), 40 (deadlock), 53 (resources), 57P (shutdown), and a server gone. */
const isConnectionTrouble = (code: string): boolean =>
  /^(08|3D|40|53|57P)/.test(code) ||
  [
    'ECONNREFUSED',
    'ECONNRESET',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOENT',
    'ENOTFOUND',
    'EPIPE',
    'ETIMEDOUT',
  ].includes(code)
