// How an event is called in lists: title, type, value and where it came from (culprit).
import { TRIM } from '#shared/constants/limits.ts'
import type { Exception, Frame, NormalEvent } from '#shared/schemas/event.ts'
import { cutText, firstLine } from './text.ts'

export interface Description {
  title: string
  type: string | undefined
  value: string | undefined
  culprit: string | undefined
}

/** A title is one line of a list. */
const MAX_TITLE_CHARACTERS = 256
const NO_TITLE = '(no message)'

export function describe(event: NormalEvent): Description {
  const main = mainException(event)
  const type = main?.type
  const value = main?.value ?? (main ? undefined : event.message)
  return {
    title: cutText(titleOf(main, event.message), MAX_TITLE_CHARACTERS),
    type,
    value,
    culprit: culpritOf(event, main),
  }
}

/** What was thrown: the last exception with a type, else the last one that is not a message in disguise. */
export function mainException(event: NormalEvent): Exception | undefined {
  return (
    event.exceptions.findLast((exception) => exception.type !== undefined) ??
    event.exceptions.findLast((exception) => exception.mechanism?.synthetic !== true)
  )
}

function titleOf(main: Exception | undefined, message: string | undefined): string {
  const value = main?.value === undefined ? '' : firstLine(main.value)
  if (main?.type !== undefined) return value === '' ? main.type : `${main.type}: ${value}`
  if (value !== '') return value
  const line = message === undefined ? '' : firstLine(message)
  return line === '' ? NO_TITLE : line
}

function culpritOf(event: NormalEvent, main: Exception | undefined): string | undefined {
  if (event.transaction !== undefined) return cutText(event.transaction, TRIM.culprit)
  const frames = framesOf(event, main)
  const frame = frames?.findLast((candidate) => candidate.inApp) ?? frames?.at(-1)
  const text = frame && frameText(frame)
  return text === undefined ? undefined : cutText(text, TRIM.culprit)
}

function framesOf(event: NormalEvent, main: Exception | undefined): Frame[] | undefined {
  const own =
    (main ?? event.exceptions.at(-1))?.stacktrace ??
    event.exceptions.findLast((e) => e.stacktrace)?.stacktrace
  return (own ?? stackOfThread(event))?.frames
}

function stackOfThread(event: NormalEvent): Exception['stacktrace'] {
  const threads = event.threads?.filter((thread) => thread.stacktrace)
  return (threads?.find((t) => t.crashed) ?? threads?.find((t) => t.current) ?? threads?.[0])?.stacktrace
}

/** Scheme and host of a script's address say where it was served, not where it broke. */
const ORIGIN = /^[a-z][a-z\d+.-]{0,30}:\/{2,3}[^/]{0,255}\//i

function frameText(frame: Frame): string | undefined {
  const place = frame.module ?? frame.filename?.replace(ORIGIN, '/') ?? frame.package
  // V8's "no name" is `?`, alone or behind the receiver: `Server.?`.
  const name = frame.function?.endsWith('?') ? undefined : frame.function
  if (place !== undefined) return name === undefined ? place : `${place} in ${name}`
  return name
}
