// Bytes of a JSON text → value. Refuses too deep nesting before parsing; integers beyond 2^53 come out as text,
// NUL and lone surrogates as U+FFFD, bytes that are not UTF-8 too. `__proto__` comes out as an own property like any
// other (JSON.parse defines, it does not assign): whoever copies payload keys must use `setOwn` of json-values.ts.
import { MAX_JSON_DEPTH } from '#shared/constants/limits.ts'
import { DomainError } from '../errors.ts'
import { scanJson } from './json-depth.ts'
import { findJsonProblem } from './json-error.ts'
import { setOwn } from './json-values.ts'
import { cleanText } from './text.ts'

export function parseJson(bytes: Buffer, maxDepth: number = MAX_JSON_DEPTH): unknown {
  const { tooDeep, hasLongInteger } = scanJson(bytes, maxDepth)
  if (tooDeep) throw new DomainError('too_deep', { maxDepth })
  const text = decode(bytes)
  let value: unknown
  try {
    value = hasLongInteger ? JSON.parse(text, keepLongIntegers) : JSON.parse(text)
  } catch {
    if (text.trim() === '') throw new DomainError('empty_body')
    const { position, line, column, expected } = findJsonProblem(text)
    throw new DomainError(
      'invalid_json',
      { position, line, column },
      `The body is not valid JSON: expected ${expected} at position ${position} (line ${line}, column ${column})`,
    )
  }
  return text.includes('\\u') && RISKY_ESCAPE.test(text) ? cleanStrings(value) : value
}

/** What may name NUL or a lone surrogate; raw, neither can stand in valid JSON that was decoded from UTF-8. */
const RISKY_ESCAPE = /\\u(?:0000|d[89a-f])/i

function decode(bytes: Buffer): string {
  const hasByteOrderMark = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return bytes.toString('utf8', hasByteOrderMark ? 3 : 0)
}

// The reviver costs about ten times a plain parse, so it runs only when the scan saw an integer long enough.
function keepLongIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && /^-?[0-9]+$/.test(source) ? source : value
}

/** Every string and key of the value made fit to store, in place; the depth is already bounded. */
function cleanStrings(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = cleanStrings(value[i])
    return value
  }
  const cleaned = {}
  for (const [key, inner] of Object.entries(value)) setOwn(cleaned, cleanText(key), cleanStrings(inner))
  return cleaned
}
