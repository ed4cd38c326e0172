// Strings made fit for storing and showing: no NUL (PostgreSQL refuses it), no lone surrogate (not valid UTF-8), cut
// to a length without splitting a character.

/** NUL and lone surrogates become U+FFFD. */
export function cleanText(text: string): string {
  if (!text.isWellFormed()) text = text.toWellFormed()
  return text.indexOf('\0') === -1 ? text : text.replaceAll('\0', '\uFFFD')
}

/** At most `max` UTF-16 code units, the last being "…" when something was cut off. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  const last = text.charCodeAt(max - 2)
  const end = last >= 0xd800 && last <= 0xdbff ? max - 2 : max - 1
  return `${text.slice(0, end)}…`
}

/** The first line with something on it, without the space around it. */
export function firstLine(text: string): string {
  const trimmed = text.trimStart()
  const end = trimmed.search(/[\r\n\u2028\u2029]/)
  return (end === -1 ? trimmed : trimmed.slice(0, end)).trimEnd()
}
