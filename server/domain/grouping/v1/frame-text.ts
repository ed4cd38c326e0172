// FROZEN (see ../v1.ts). A frame → "file function", without line and column; empty when it says nothing.
import type { Frame } from '#shared/schemas/event.ts'
import { fileName } from './file-name.ts'
import { functionName } from './function-name.ts'
import type { Family } from './languages.ts'

export function frameText(frame: Frame, family: Family): string {
  if (family === 'javascript' && isEngineFrame(frame)) return ''
  const file = fileName(frame, family)
  const name = frame.function === undefined ? '' : functionName(frame.function, frame.module, family)
  return file === '' || name === '' ? file + name : `${file} ${name}`
}

const ENGINE_FILES = new Set(['[native code]', 'native code', '<anonymous>', 'eval code', 'native'])
const ENGINE_FUNCTIONS = new Set(['eval', 'eval code', 'sentryWrapped', '__BROWSERTOOLS_CONSOLE_SAFEGUARD'])

/** Frames only some browsers show, or only while an SDK is around: `eval`, built-in functions, SDK wrappers. */
function isEngineFrame(frame: Frame): boolean {
  return (
    (frame.filename !== undefined && ENGINE_FILES.has(frame.filename)) ||
    (frame.absPath !== undefined && ENGINE_FILES.has(frame.absPath)) ||
    (frame.function !== undefined && ENGINE_FUNCTIONS.has(frame.function))
  )
}
