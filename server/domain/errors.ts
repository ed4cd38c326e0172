// The closed list of things that can go wrong in words of the trade. The domain throws `DomainError` with one of
// these codes; `server/http/problem.ts` alone knows which HTTP status each becomes. The message is for people and
// may be shown to the caller, so it never carries a secret or a part of the payload.

const MESSAGES = {
  // What came in cannot be read.
  invalid_json: 'The body is not valid JSON',
  invalid_event: 'The event is not valid',
  too_deep: 'The JSON is nested too deeply',
  empty_body: 'The body is empty',
  payload_too_large: 'The body is too large',
  too_many_events: 'There are too many events in one request',
  unsupported_encoding: 'The content encoding is not supported',
  bad_encoding: 'The body does not match its content encoding',
  invalid_envelope: 'The envelope is not valid',
  invalid_message: 'The message is not valid',
  // Who sent it.
  missing_key: 'A project key is needed',
  conflicting_key: 'The request carries two different project keys',
  unknown_key: 'The project key is not known',
  key_disabled: 'The project key is disabled',
  wrong_project: 'The project key belongs to another project',
  origin_not_allowed: 'The project key does not allow this origin',
  unauthenticated: 'Sign in first',
  forbidden: 'Not allowed',
  // Not now.
  overloaded: 'The server is busy, try again later',
  rate_limited: 'The rate limit of the project is reached',
  // The management API.
  not_found: 'Not found',
  conflict: 'The state has changed meanwhile',
  validation_failed: 'Some values are not valid',
  invalid_cursor: 'The cursor belongs to another list: start again without it',
  method_not_allowed: 'This address does not take that method',
  unsupported_media_type: 'Send the body as application/json',
  too_many_subscriptions: 'There are too many subscriptions on this socket',
  bad_upgrade: 'The request is no valid WebSocket upgrade',
  upgrade_required: 'This address speaks WebSocket only',
  untrusted_origin: 'The request comes from another origin than the one this installation is served from',
  untrusted_host: 'This installation is not served under that host name',
  slug_taken: 'That short name is taken',
  email_taken: 'There is an account with that e-mail address already',
  invalid_credentials: 'The e-mail address or the password is wrong',
  too_many_attempts: 'Too many attempts, wait a little',
  signup_closed: 'Sign-up is by invitation only',
  gone: 'It was there, and is no more',
  last_owner: 'An organisation needs an owner: make somebody else one first',
  already_member: 'You are a member of this organisation already',
  first_owner_token_needed: 'The first account needs the one-time token printed when the server started',
  unavailable: 'The database cannot be reached at the moment',
  took_too_long: 'The answer took too long to find: ask for less',
  internal: 'Something went wrong on our side',
} as const

export type DomainErrorCode = keyof typeof MESSAGES
export const DOMAIN_ERROR_CODES = Object.keys(MESSAGES) as DomainErrorCode[] // keys of a const object, which Object.keys widens

export class DomainError extends Error {
  readonly code: DomainErrorCode
  readonly details: Record<string, unknown> | undefined

  constructor(code: DomainErrorCode, details?: Record<string, unknown>, message: string = MESSAGES[code]) {
    super(message)
    this.name = 'DomainError'
    this.code = code
    this.details = details
  }
}
