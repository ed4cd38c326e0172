// Frames and whole stacks as plain text: for copying into a chat, a ticket, an editor.
// Control and direction characters are made visible: the text may be pasted into a terminal.
import type { Exception, Frame } from '#shared/schemas/event'
import { exceptionSequence } from './exception-sequence.ts'
import { visibleLine, visibleText } from './visible-text.ts'

export const frameFile = (frame: Frame): string =>
  frame.filename || frame.absPath || frame.module || frame.package || frame.instructionAddr || ''

/** "src/app.js:10:5": what editors and terminals understand as a place. */
export function frameLocation(frame: Frame): string {
  const line = frame.lineno === undefined ? '' : `:${frame.lineno}`
  const column = line && frame.colno !== undefined ? `:${frame.colno}` : ''
  return visibleLine(`${frameFile(frame) || '<unknown>'}${line}${column}`)
}

/** Some SDKs write `?` for a function without a name. */
export const frameFunction = (frame: Frame): string =>
  visibleLine(frame.function || '?').replace(/(^|\.)\?$/, '$1<anonymous>')

export function exceptionTitle(exception: Exception): string {
  const type = visibleLine(exception.type ?? '')
  const value = visibleText(exception.value ?? '').trim()
  return type && value ? `${type}: ${value}` : type || value || 'Unknown error'
}

const stackLines = (frames: readonly Frame[]): string[] =>
  frames.toReversed().map((frame) => `    at ${frameFunction(frame)} (${frameLocation(frame)})`)

/** All exceptions, thrown first, newest frame first. */
export function stackText(exceptions: readonly Exception[]): string {
  return exceptionSequence(exceptions)
    .flatMap(({ exception, relation }) => [
      relation ? `${relation}: ${exceptionTitle(exception)}` : exceptionTitle(exception),
      ...stackLines(exception.stacktrace?.frames ?? []),
    ])
    .join('\n')
}
