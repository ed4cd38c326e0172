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

const frameLine = (frame: Frame): string => `    at ${frameFunction(frame)} (${frameLocation(frame)})`

/** Newest first. Of a very long stack both ends: the newest calls, and the few it began with. */
export function framesText(frames: readonly Frame[], max = Infinity): string[] {
  const lines = frames.toReversed().map(frameLine)
  if (lines.length <= max) return lines
  const ends = 5
  const left = lines.length - max
  return [...lines.slice(0, max - ends), `    … ${left} more frames`, ...lines.slice(-ends)]
}

/** One frame with its source around the line that ran, and a pointer under the column. */
export function frameText(frame: Frame): string {
  const title = `${frameFunction(frame)} (${frameLocation(frame)})`
  const { preContext = [], contextLine, postContext = [], lineno, colno } = frame
  if (contextLine === undefined) return title
  const first = lineno === undefined ? null : lineno - preContext.length
  const digits = first === null ? 0 : String(first + preContext.length + postContext.length).length
  const row = (text: string, place: number, ran: boolean) => {
    const number = first === null ? '' : `${String(first + place).padStart(digits)} `
    // Where a line begins is part of what it says: only its end is trimmed.
    return `${ran ? '>' : ' '} ${number}| ${sourceLine(text)}`.trimEnd()
  }
  const pointer =
    colno !== undefined && colno >= 1 && colno <= contextLine.length && !contextLine.includes('{snip}')
      ? [
          `  ${' '.repeat(first === null ? 0 : digits + 1)}| ${' '.repeat(sourceLine(contextLine.slice(0, colno - 1)).length)}^`,
        ]
      : []
  return [
    title,
    ...preContext.map((text, place) => row(text, place, false)),
    row(contextLine, preContext.length, true),
    ...pointer,
    ...postContext.map((text, place) => row(text, preContext.length + 1 + place, false)),
  ].join('\n')
}

/** A line of source without anything hidden; its indentation stays. */
export const sourceLine = (line: string): string =>
  visibleLine(`|${line.replaceAll('\t', '  ')}|`).slice(1, -1)

/** All exceptions, thrown first, newest frame first. */
export function stackText(exceptions: readonly Exception[]): string {
  return exceptionSequence(exceptions)
    .flatMap(({ exception, relation }) => [
      relation ? `${relation}: ${exceptionTitle(exception)}` : exceptionTitle(exception),
      ...framesText(exception.stacktrace?.frames ?? []),
    ])
    .join('\n')
}
