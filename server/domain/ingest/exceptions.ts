// `exception` in all its forms (list, {values}, one object) → exceptions in normal form, oldest cause first.
import { TRIM } from '#shared/constants/limits.ts'
import type { Exception } from '#shared/schemas/event.ts'
import type { Fields } from './fields.ts'
import { fieldsOf, flagOf, isFields, itemsOf, textOf, wholeNumberOf } from './fields.ts'
import { stacktraceOf } from './frames.ts'
import { jsonObjectOf, textOfAny } from './json-values.ts'
import type { Place } from './notes.ts'
import { cleanText, cutText } from './text.ts'

export function exceptionsOf(value: unknown, key: string, platform: string, place: Place): Exception[] {
  const { items, path } = itemsOf(value, key, place)
  const exceptions: Exception[] = []
  let unusable = 0
  let empty = 0
  // A chain longer than this repeats itself; its first causes and what was thrown are the interesting ends.
  const cut = items.length - TRIM.exceptions
  const head = TRIM.exceptions / 2
  if (cut > 0) place.notes.trimmed(path, `${items.length} exceptions; ${cut} in the middle were left out`)
  for (let i = 0; i < items.length; i++) {
    if (cut > 0 && i === head) i += cut
    const item = items[i]
    if (!isFields(item)) {
      if (item !== null) unusable++
      continue
    }
    const here = items.length === 1 && item === value ? path : `${path}[${i}]`
    const exception = exceptionOf(item, platform, { notes: place.notes, path: here })
    if (exception) exceptions.push(exception)
    else if (Object.keys(item).length > 0) empty++
  }
  place.notes.leftOut(path, unusable, items.length, 'not an object')
  place.notes.leftOut(path, empty, items.length, 'neither a type nor a value nor frames')
  putCatchOnThrown(exceptions)
  return exceptions
}

/**
 * Sentry's JavaScript SDKs 7 to 10 write how a chain was caught on its oldest cause, and on what was thrown only a
 * default, "generic, handled": a crash would look handled. Put where it belongs, as version 11 sends it.
 */
function putCatchOnThrown(exceptions: Exception[]): void {
  const cause = exceptions[0]?.mechanism
  const thrown = exceptions.find(({ mechanism }) => mechanism?.exceptionId === 0)?.mechanism
  if (cause?.parentId === undefined || cause.handled !== false || cause.type === 'chained') return
  if (thrown?.type !== 'generic' || thrown.handled !== true) return
  Object.assign(thrown, { type: cause.type, handled: false, data: cause.data })
  Object.assign(cause, { type: 'chained', handled: true, data: undefined })
}

function exceptionOf(source: Fields, platform: string, place: Place): Exception | undefined {
  const exception: Exception = {
    type: textOf(source, 'type', TRIM.exceptionType, place),
    value: valueOf(source, place),
    module: textOf(source, 'module', TRIM.frameText, place),
    threadId: textOf(source, 'thread_id', TRIM.tagValue, place),
    mechanism: mechanismOf(source, place),
    stacktrace: stacktraceOf(source.stacktrace ?? source.raw_stacktrace, platform, {
      notes: place.notes,
      path: `${place.path}.stacktrace`,
    }),
  }
  const isEmpty = exception.type === undefined && exception.value === undefined && !exception.stacktrace
  return isEmpty ? undefined : exception
}

/** Text, or any other JSON written out: JavaScript throws objects too. */
function valueOf(source: Fields, place: Place): string | undefined {
  const value = source.value
  if (typeof value !== 'object' || value === null) return textOf(source, 'value', TRIM.exceptionValue, place)
  const path = `${place.path}.value`
  const text = textOfAny(value, path, place)
  if (text.length > TRIM.exceptionValue) {
    place.notes.trimmed(path, `${text.length} characters as JSON, cut to ${TRIM.exceptionValue}`)
  }
  return cleanText(cutText(text, TRIM.exceptionValue))
}

function mechanismOf(source: Fields, place: Place): Exception['mechanism'] {
  const mechanism = fieldsOf(source, 'mechanism', place)
  if (!mechanism) return undefined
  const here = { notes: place.notes, path: `${place.path}.mechanism` }
  return {
    type: textOf(mechanism, 'type', TRIM.tagValue, here),
    handled: flagOf(mechanism, 'handled', here),
    synthetic: flagOf(mechanism, 'synthetic', here),
    exceptionId: wholeNumberOf(mechanism, 'exception_id', here),
    parentId: wholeNumberOf(mechanism, 'parent_id', here),
    source: textOf(mechanism, 'source', TRIM.tagValue, here),
    isExceptionGroup: flagOf(mechanism, 'is_exception_group', here),
    data: jsonObjectOf(mechanism, 'data', here) ?? jsonObjectOf(mechanism, 'meta', here),
  }
}
