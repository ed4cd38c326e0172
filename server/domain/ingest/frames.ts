// `stacktrace` of an exception, a thread or the event → frames in normal form, oldest call first as on the wire.
import { TRIM } from '#shared/constants/limits.ts'
import type { Frame, Stacktrace } from '#shared/schemas/event.ts'
import type { Fields } from './fields.ts'
import { flagOf, isFields, linesOf, textOf, wholeNumberOf } from './fields.ts'
import { isInApp } from './in-app.ts'
import { jsonObjectOf } from './json-values.ts'
import type { Place } from './notes.ts'

/** SDKs send 5 lines on each side; some can be told to send more. */
const PRE_CONTEXT = { lines: 20, characters: TRIM.contextLine, keep: 'last' } as const
const POST_CONTEXT = { ...PRE_CONTEXT, keep: 'first' } as const

/** undefined when there is no frame at all. `value` is the stacktrace object, or its bare list of frames. */
export function stacktraceOf(value: unknown, platform: string, place: Place): Stacktrace | undefined {
  if (value === undefined || value === null) return undefined
  const list = Array.isArray(value) ? value : isFields(value) ? value.frames : undefined
  if (!Array.isArray(list)) {
    const isAbsent = isFields(value) ? list === undefined || list === null : value === ''
    if (!isAbsent) place.notes.dropped(place.path, 'expected a list of frames')
    return undefined
  }
  const path = Array.isArray(value) ? place.path : `${place.path}.frames`
  const frames: Frame[] = []
  let unusable = 0
  // Both ends are kept: where the program came from and where it broke.
  const cut = list.length - TRIM.frames
  const head = TRIM.frames / 2
  if (cut > 0) place.notes.trimmed(path, `${list.length} frames; ${cut} in the middle were left out`)
  for (let i = 0; i < list.length; i++) {
    if (cut > 0 && i === head) i += cut
    const item: unknown = list[i]
    if (isFields(item)) frames.push(frameOf(item, platform, { notes: place.notes, path: `${path}[${i}]` }))
    else if (item !== null) unusable++
  }
  place.notes.leftOut(path, unusable, list.length, 'not an object')
  return frames.length === 0 ? undefined : { frames }
}

function frameOf(source: Fields, platform: string, place: Place): Frame {
  const filename = textOf(source, 'filename', TRIM.frameText, place)
  const absPath = textOf(source, 'abs_path', TRIM.frameText, place)
  const module = textOf(source, 'module', TRIM.frameText, place)
  const packageName = textOf(source, 'package', TRIM.frameText, place)
  const name =
    textOf(source, 'function', TRIM.frameText, place) ?? textOf(source, 'raw_function', TRIM.frameText, place)
  const ownPlatform = typeof source.platform === 'string' ? source.platform : platform
  return {
    filename,
    absPath,
    module,
    package: packageName,
    function: name,
    lineno: wholeNumberOf(source, 'lineno', place),
    colno: wholeNumberOf(source, 'colno', place),
    preContext: linesOf(source, 'pre_context', PRE_CONTEXT, place),
    contextLine: textOf(source, 'context_line', TRIM.contextLine, place),
    postContext: linesOf(source, 'post_context', POST_CONTEXT, place),
    inApp:
      flagOf(source, 'in_app', place) ??
      isInApp(ownPlatform, { filename, absPath, module, package: packageName, function: name }),
    vars: jsonObjectOf(source, 'vars', place),
    instructionAddr: textOf(source, 'instruction_addr', TRIM.frameText, place),
  }
}
