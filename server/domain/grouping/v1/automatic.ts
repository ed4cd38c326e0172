// FROZEN (see ../v1.ts). The automatic grouping's three kinds of parts: stack, type and value, message.
import type { Exception, Frame, NormalEvent } from '#shared/schemas/event.ts'
import { sameForAllEngines } from './engine-messages.ts'
import type { Part } from './hash.ts'
import type { Family } from './languages.ts'
import { familyOf } from './languages.ts'
import { frameText } from './frame-text.ts'
import { normaliseMessage } from './message.ts'

/** undefined when no frame can be used. What was thrown comes first, its causes follow; the crash frame comes first. */
export function stackParts(event: NormalEvent): Part[] | undefined {
  const family = familyOf(event.platform)
  const exceptions = realExceptions(event)
  const stacks = exceptions.map((exception) => usableFrames(exception.stacktrace?.frames, family))
  if (stacks.every((frames) => frames.length === 0)) return threadParts(event, exceptions, family)
  const onlyInApp = stacks.some((frames) => frames.some((frame) => frame.inApp))
  const partsOf = (exception: Exception, index: number) => [
    ...typeAndMessage(exception, family),
    ...frameParts(stacks[index] ?? [], onlyInApp),
  ]
  if (exceptions.length === 1) return partsOf(exceptions[0]!, 0)
  const parts: Part[] = []
  const seen = new Set<string>()
  exceptions.forEach((exception, index) => {
    const own = partsOf(exception, index)
    // The children of an exception group are often the same error many times: how many says nothing.
    const key = JSON.stringify(own)
    if (!seen.has(key)) parts.push(...own)
    seen.add(key)
  })
  return parts
}

/** undefined when no exception has a type or a value. */
export function valueParts(event: NormalEvent): Part[] | undefined {
  const family = familyOf(event.platform)
  const parts = realExceptions(event).flatMap((exception) => typeAndMessage(exception, family))
  return parts.length === 0 ? undefined : parts
}

export function messagePart(event: NormalEvent): Part | undefined {
  const text = event.messageTemplate ?? event.message ?? event.exceptions.at(-1)?.value
  const value = text === undefined ? '' : normaliseMessage(text)
  return value === '' ? undefined : { kind: 'message', value }
}

/** What was thrown first, without messages in disguise: a synthetic exception has no type of its own. */
function realExceptions(event: NormalEvent): Exception[] {
  return event.exceptions
    .filter((exception) => exception.type !== undefined || exception.mechanism?.synthetic !== true)
    .toReversed()
}

function typeAndMessage(exception: Exception, family: Family): Part[] {
  const parts: Part[] = []
  const value = exception.value ?? ''
  const known = family === 'javascript' ? sameForAllEngines(exception.type, value) : undefined
  const type = known?.type ?? exception.type
  const message = normaliseMessage(known?.value ?? value)
  if (type !== undefined) parts.push({ kind: 'type', value: namedType(type) })
  if (message !== '') parts.push({ kind: 'value', value: message })
  return parts
}

/** PHP puts path and a counter behind the name of an anonymous class. */
function namedType(type: string): string {
  const anonymous = type.indexOf('@anonymous')
  return anonymous === -1 ? type : type.slice(0, anonymous + '@anonymous'.length)
}

/** A crash or a hang may show its stack in a thread alone; a mere message with a stack is grouped by its message. */
function threadParts(event: NormalEvent, exceptions: Exception[], family: Family): Part[] | undefined {
  if (exceptions.length === 0 && event.message !== undefined) return undefined
  const threads = event.threads ?? []
  const thread =
    threads.find((t) => t.crashed && t.stacktrace) ?? threads.find((t) => t.current && t.stacktrace)
  const frames = usableFrames(thread?.stacktrace?.frames, family)
  if (frames.length === 0) return undefined
  const onlyInApp = frames.some((frame) => frame.inApp)
  return [...exceptions.flatMap((e) => typeAndMessage(e, family)), ...frameParts(frames, onlyInApp)]
}

interface UsableFrame {
  inApp: boolean
  text: string
}

function usableFrames(frames: Frame[] | undefined, family: Family): UsableFrame[] {
  const usable: UsableFrame[] = []
  for (const frame of frames ?? []) {
    const text = frameText(frame, family)
    if (text !== '') usable.push({ inApp: frame.inApp, text })
  }
  return usable
}

/** Crash frame first, repeats in a row once (recursion of any depth is one error). */
function frameParts(frames: UsableFrame[], onlyInApp: boolean): Part[] {
  const parts: Part[] = []
  for (const frame of frames.toReversed()) {
    if (onlyInApp && !frame.inApp) continue
    if (parts.at(-1)?.value !== frame.text) parts.push({ kind: 'frame', value: frame.text })
  }
  return parts
}
