// Secrets inside one text: those that show by their form (secret-forms.ts) and those that a key announces
// (secret-pairs.ts). One cheap pass decides which of the scanners have anything to look at.
import { MIN_CARD_DIGITS, withoutBearer, withoutCards, withoutPem, withoutUserInfo } from './secret-forms.ts'
import { withoutAssigned, withoutQuotedSecrets } from './secret-pairs.ts'
import type { SensitiveKeys } from './sensitive-keys.ts'

/** Shortest text that can hold a secret we know: `pw=1`. */
const SHORTEST = 4

export function scrubText(text: string, keys: SensitiveKeys): string {
  if (text.length < SHORTEST) return text
  const seen = look(text)
  if (seen === 0) return text
  let scrubbed = text
  if (seen & DASHES) scrubbed = withoutPem(scrubbed)
  if (seen & DIGITS) scrubbed = withoutCards(scrubbed)
  if (seen & COLONS) {
    scrubbed = withoutUserInfo(scrubbed)
    scrubbed = withoutQuotedSecrets(scrubbed, keys)
  }
  if (seen & EQUALS) scrubbed = withoutAssigned(scrubbed, keys)
  return seen & SCHEME_WORDS ? withoutBearer(scrubbed) : scrubbed
}

const CARD_LIKE = /\d{4}[ -]?\d{4,6}[ -]?\d{4}/

/** A line of source code: assignments in it are names, not secrets. Most of an event's text is such lines. */
export function scrubCode(line: string): string {
  const scrubbed = withoutPem(line)
  return CARD_LIKE.test(scrubbed) ? withoutCards(scrubbed) : scrubbed
}

const DIGITS = 1
const DASHES = 2
const COLONS = 4
const EQUALS = 8
const SCHEME_WORDS = 16

/** One cheap pass: which of the scanners have anything to look at. */
function look(text: string): number {
  let seen = 0
  let digits = 0
  let dashes = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > 0x3d) {
      digits = 0
      dashes = 0
    } else if (c >= 0x30 && c <= 0x39) {
      if (++digits === MIN_CARD_DIGITS) seen |= DIGITS
    } else if (c === 0x2d) {
      if (++dashes === 5) seen |= DASHES
    } else if (c === 0x20) {
      dashes = 0
      // Behind a word that ends like "Bearer" or "Basic".
      const before = text.charCodeAt(i - 1)
      if (before === 0x72 || before === 0x63) seen |= SCHEME_WORDS
    } else {
      digits = 0
      dashes = 0
      if (c === 0x3a) seen |= COLONS
      else if (c === 0x3d) seen |= EQUALS
    }
  }
  return seen
}
