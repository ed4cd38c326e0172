// What is special about Mesher's own API beside the Sentry payload: camelCase names are accepted too, `exceptions` for
// `exception`, and an event without anything to show is refused with the path of each problem.
import { DomainError } from '../errors.ts'
import type { Fields } from './fields.ts'
import { isFields } from './fields.ts'
import { setOwn } from './json-values.ts'
import type { Notes } from './notes.ts'

type Aliases = Readonly<Record<string, string>>

const EVENT: Aliases = {
  eventId: 'event_id',
  serverName: 'server_name',
  exceptions: 'exception',
  stackTrace: 'stacktrace',
}
const EXCEPTION: Aliases = { threadId: 'thread_id', stackTrace: 'stacktrace', message: 'value' }
const MECHANISM: Aliases = {
  exceptionId: 'exception_id',
  parentId: 'parent_id',
  isExceptionGroup: 'is_exception_group',
}
const FRAME: Aliases = {
  inApp: 'in_app',
  absPath: 'abs_path',
  contextLine: 'context_line',
  preContext: 'pre_context',
  postContext: 'post_context',
  instructionAddr: 'instruction_addr',
  line: 'lineno',
  column: 'colno',
  file: 'filename',
}
const USER: Aliases = { ipAddress: 'ip_address' }
const REQUEST: Aliases = { queryString: 'query_string' }

/** The payload with the Sentry names; throws `invalid_event` when there is nothing to show. */
export function withOwnNames(payload: unknown, notes: Notes): Fields {
  if (!isFields(payload)) throw invalid([{ path: '', message: 'expected an object' }])
  const event = renamed(payload, EVENT)
  const messageProblem = problemOfMessage(event.message ?? event.logentry)
  const exceptionProblem = problemOfException(event.exception)
  if (messageProblem !== undefined && exceptionProblem !== undefined) {
    throw invalid(
      event.exception === undefined && event.message === undefined
        ? [{ path: '', message: 'a message or an exception is needed' }]
        : [
            { path: 'message', message: messageProblem },
            { path: 'exception', message: exceptionProblem },
          ],
    )
  }
  if (exceptionProblem !== undefined && event.exception !== undefined && event.exception !== null) {
    notes.dropped('exception', exceptionProblem)
    event.exception = undefined
  } else event.exception = deep(event.exception, (item) => exceptionWithNames(item))
  event.stacktrace = stacktraceWithNames(event.stacktrace)
  event.user = fieldsWithNames(event.user, USER)
  event.request = fieldsWithNames(event.request, REQUEST)
  return event
}

function invalid(problems: { path: string; message: string }[]): DomainError {
  const first = problems
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ')
  return new DomainError('invalid_event', { problems }, `The event is not valid: ${first}`)
}

/** undefined when there is a message. */
function problemOfMessage(value: unknown): string | undefined {
  if (value === undefined || value === null) return 'missing'
  if (typeof value === 'string') return value.trim() === '' ? 'is empty' : undefined
  if (!isFields(value)) return 'expected text'
  const text = value.formatted ?? value.message
  return typeof text === 'string' && text.trim() !== ''
    ? undefined
    : 'expected text in "message" or "formatted"'
}

/** undefined when there is an exception with something to show. */
function problemOfException(value: unknown): string | undefined {
  if (value === undefined || value === null) return 'missing'
  if (typeof value !== 'object') return 'expected an object or a list of objects'
  const items: unknown = isFields(value) && value.values !== undefined ? value.values : value
  const list = Array.isArray(items) ? items : [items]
  const isUsable = list.some(
    (item) => isFields(item) && (isText(item.type) || isText(item.value) || isText(item.message)),
  )
  return isUsable ? undefined : 'needs a type or a value'
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''

/** The items of a list, of `{values: […]}` or the one object, each changed. */
function deep(value: unknown, change: (item: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change)
  if (!isFields(value)) return value
  if (value.values === undefined) return change(value)
  return { values: deep(value.values, change) }
}

function exceptionWithNames(item: unknown): unknown {
  if (!isFields(item)) return item
  const exception = renamed(item, EXCEPTION)
  exception.mechanism = fieldsWithNames(exception.mechanism, MECHANISM)
  exception.stacktrace = stacktraceWithNames(exception.stacktrace)
  return exception
}

function stacktraceWithNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((frame) => fieldsWithNames(frame, FRAME))
  if (!isFields(value) || !Array.isArray(value.frames)) return value
  return { frames: value.frames.map((frame: unknown) => fieldsWithNames(frame, FRAME)) }
}

const fieldsWithNames = (value: unknown, aliases: Aliases): unknown =>
  isFields(value) ? renamed(value, aliases) : value

/** A copy with the aliases renamed; where both names are sent, the Sentry one counts. */
function renamed(source: Fields, aliases: Aliases): Fields {
  const copy: Fields = {}
  for (const key of Object.keys(source)) {
    const name = Object.hasOwn(aliases, key) ? aliases[key]! : key
    if (name === key || source[name] === undefined) setOwn(copy, name, source[key])
  }
  return copy
}
