// FROZEN (see ../v1.ts). The SDK's own fingerprint: texts, and variables in double braces that stand for something of
// the event. `{{ default }}` mixes the automatic grouping in.
import type { Exception, Frame, NormalEvent } from '#shared/schemas/event.ts'
import type { Part } from './hash.ts'

const VARIABLE = /^\{\{\s{0,8}([\w.:-]{1,100})\s{0,8}\}\}$/

const variableOf = (part: string): string | undefined => VARIABLE.exec(part)?.[1]?.toLowerCase()

export const isAutomatic = (fingerprint: readonly string[]): boolean =>
  fingerprint.every((part) => variableOf(part) === 'default')

export const mixesAutomatic = (fingerprint: readonly string[]): boolean =>
  fingerprint.some((part) => variableOf(part) === 'default')

export function fingerprintParts(fingerprint: readonly string[], event: NormalEvent): Part[] {
  return fingerprint.map((part) => {
    const variable = variableOf(part)
    return { kind: 'fingerprint', value: variable === undefined ? part : (valueOf(variable, event) ?? part) }
  })
}

/** undefined for what is not a variable: then it is a text like any other. */
function valueOf(variable: string, event: NormalEvent): string | undefined {
  if (variable.startsWith('tags.')) return tagOf(variable.slice('tags.'.length), event)
  switch (variable) {
    case 'type':
    case 'error.type':
      return thrown(event)?.type ?? NONE
    case 'value':
    case 'error.value':
      return thrown(event)?.value ?? NONE
    case 'message':
      return event.message ?? thrown(event)?.value ?? NONE
    case 'function':
    case 'stack.function':
      return crashFrame(event)?.function ?? NONE
    case 'module':
    case 'stack.module':
      return crashFrame(event)?.module ?? NONE
    case 'package':
    case 'stack.package':
      return crashFrame(event)?.package ?? NONE
    case 'stack.abs_path':
      return crashFrame(event)?.absPath ?? NONE
    case 'transaction':
      return event.transaction ?? NONE
    case 'level':
      return event.level
    case 'logger':
      return event.logger ?? NONE
    case 'environment':
      return event.environment
    case 'release':
      return event.release ?? NONE
  }
  return undefined
}

const NONE = '<none>'

function tagOf(key: string, event: NormalEvent): string {
  return event.tags.find(([name]) => name.toLowerCase() === key)?.[1] ?? NONE
}

function thrown(event: NormalEvent): Exception | undefined {
  return event.exceptions.findLast((exception) => exception.type !== undefined) ?? event.exceptions.at(-1)
}

function crashFrame(event: NormalEvent): Frame | undefined {
  const frames = thrown(event)?.stacktrace?.frames
  return frames?.findLast((frame) => frame.inApp) ?? frames?.at(-1)
}
