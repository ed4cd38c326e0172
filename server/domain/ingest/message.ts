// `logentry` and `message` (text, or {message, params, formatted}) → the text to show and the template to group by.
import { TRIM } from '#shared/constants/limits.ts'
import type { Fields } from './fields.ts'
import { isFields, textOf } from './fields.ts'
import { textOfAny } from './json-values.ts'
import type { Place } from './notes.ts'
import { pathTo } from './notes.ts'
import { cleanText, cutText } from './text.ts'

export interface Message {
  shown: string | undefined
  /** Only when the SDK sent a template apart from the text shown. */
  template: string | undefined
}

const NONE: Message = { shown: undefined, template: undefined }

/** `logentry` says more than `message` where both are sent; an empty one counts as absent (ruby sends `""`). */
export function messageOf(payload: Fields, place: Place): Message {
  for (const key of ['logentry', 'sentry.interfaces.Message', 'message']) {
    const value = payload[key]
    if (value === undefined || value === null) continue
    const message = isFields(value)
      ? fromParts(value, { notes: place.notes, path: pathTo(place, key) })
      : { shown: textOf(payload, key, TRIM.message, place), template: undefined }
    if (message.shown !== undefined && message.shown.trim() !== '') return message
  }
  return NONE
}

function fromParts(source: Fields, place: Place): Message {
  const template = textOf(source, 'message', TRIM.message, place)
  const formatted = textOf(source, 'formatted', TRIM.message, place)
  if (template === undefined) return { shown: formatted, template: undefined }
  if (formatted !== undefined) return { shown: formatted, template }
  const params = source.params
  const hasParams = Array.isArray(params) ? params.length > 0 : isFields(params)
  if (!hasParams) return { shown: template, template: undefined }
  const text = format(template, params as unknown[] | Fields, place) // checked just above
  if (text.length > TRIM.message) {
    place.notes.trimmed(place.path, `${text.length} characters with its parameters, cut to ${TRIM.message}`)
  }
  return { shown: cutText(cleanText(text), TRIM.message), template }
}

// One placeholder: %s %d %1$s %(name)s %05.2f, {} {0} {name} {name:>10}. Each alternative is bounded.
const PLACEHOLDER =
  /%(?:%|(?:\((\w{1,64})\))?[-+ #0]{0,5}\d{0,4}(?:\.\d{1,4})?[sdifuxXorgeEcaj])|\{([\w.]{0,64})(?:![rsa])?(?::[^{}]{0,32})?\}/g
const MAX_PARAMETER_CHARACTERS = 1_024

/** The template with its parameters put in; a placeholder without a parameter stays as it is. */
export function format(template: string, params: unknown[] | Fields, place: Place): string {
  const path = `${place.path}.params`
  let next = 0
  let length = template.length
  return template.replace(PLACEHOLDER, (whole, percentName?: string, braceName?: string) => {
    if (whole === '%%') return '%'
    const name = percentName ?? braceName
    const value = parameter(params, name === undefined || name === '' ? next++ : name)
    // Many placeholders times a long parameter must not grow without bound.
    if (value === undefined || length > 2 * TRIM.message) return whole
    const text = textOfAny(value, path, place)
    const cut = cutText(text, MAX_PARAMETER_CHARACTERS)
    if (cut !== text) {
      place.notes.trimmed(path, `parameters longer than ${MAX_PARAMETER_CHARACTERS} characters were cut`)
    }
    length += cut.length
    return cut
  })
}

function parameter(params: unknown[] | Fields, key: number | string): unknown {
  if (Array.isArray(params)) return params[Number(key)]
  return Object.hasOwn(params, key) ? params[key] : undefined
}
