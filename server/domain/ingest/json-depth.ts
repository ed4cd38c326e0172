// One pass over the bytes of a JSON text before it is parsed: is it nested too deeply, and does it hold the two
// things that make plain JSON.parse lossy (an integer too long for a double; an escape that may name NUL or a lone
// surrogate)? Linear, allocates nothing, judges no grammar: what is not JSON is left for the parser to refuse.
import { MAX_JSON_DEPTH } from '#shared/constants/limits.ts'

/** Deeper than allowed; the scan stopped there, the other bits say nothing. */
export const TOO_DEEP = 1
/** An integer of 16 digits or more stands outside strings (2^53 has 16). */
export const LONG_INTEGER = 2
/** A `\u00…` or `\ud…` escape stands inside a string. */
export const RISKY_ESCAPE = 4

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const POINT = 0x2e
const LONG_INTEGER_DIGITS = 16
// Measured: a plain loop finds a near quote sooner than a call into Buffer.indexOf; after this many plain bytes the
// string is taken for a long one, and the call is much faster.
const LONG_STRING_BYTES = 64

export function scanJson(bytes: Buffer, maxDepth: number = MAX_JSON_DEPTH): number {
  const length = bytes.length
  let found = 0
  let depth = 0
  let digits = 0
  // Where the next quote and backslash are, once looked for: asked again only when passed, so the pass stays linear.
  let nextQuote = -1
  let nextSlash = -1
  let i = 0
  while (i < length) {
    const byte = bytes[i++]!
    if (byte === QUOTE) {
      digits = 0
      let plain = 0
      while (i < length) {
        const inside = bytes[i]!
        if (inside === QUOTE) break
        if (inside === BACKSLASH) {
          if ((found & RISKY_ESCAPE) === 0 && isRiskyEscape(bytes, i)) found |= RISKY_ESCAPE
          i += 2
          plain = 0
        } else if (++plain < LONG_STRING_BYTES) i++
        else {
          if (nextQuote < i) nextQuote = indexOrEnd(bytes, QUOTE, i)
          if (nextSlash < i) nextSlash = indexOrEnd(bytes, BACKSLASH, i)
          i = nextQuote < nextSlash ? nextQuote : nextSlash
          plain = 0
        }
      }
      i++
    } else if (byte >= 0x30 && byte <= 0x39) {
      if (++digits === LONG_INTEGER_DIGITS) found |= LONG_INTEGER
    } else {
      // After a point the digits are a fraction's: never an integer, so they start far below the limit.
      digits = byte === POINT ? -length : 0
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (++depth > maxDepth) return found | TOO_DEEP
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
    }
  }
  return found
}

function indexOrEnd(bytes: Buffer, byte: number, from: number): number {
  const index = bytes.indexOf(byte, from)
  return index === -1 ? bytes.length : index
}

export const exceedsDepth = (bytes: Buffer, maxDepth: number = MAX_JSON_DEPTH): boolean =>
  (scanJson(bytes, maxDepth) & TOO_DEEP) !== 0

function isRiskyEscape(bytes: Buffer, slash: number): boolean {
  if (bytes[slash + 1] !== 0x75) return false
  const first = bytes[slash + 2]!
  return (first === 0x30 && bytes[slash + 3] === 0x30) || first === 0x64 || first === 0x44
}
