// What a payload says may try to look like something else: control characters, terminal colours, direction
// overrides, invisible letters. They are shown as what they are, so that a title or a path cannot lie.
// Letters that scripts and emoji need (joiners, accents, right-to-left letters themselves) stay.

// C0 except tab and newline, DEL, C1; bidi marks, embeddings, overrides, isolates; zero-width space, word joiner
// and friends, byte order mark; interlinear annotation; tag characters outside of emoji flags.
const HIDDEN =
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u202A-\u202E\u2028\u2029\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/gu

function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0
  // Names rather than the "control pictures" of Unicode, which many fonts do not have.
  if (code === 0x1b) return '‹ESC›'
  return `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`
}

/** Text for a person to read; several lines stay several lines. */
export const visibleText = (text: string): string => text.replace(/\r\n?/g, '\n').replace(HIDDEN, picture)

/** The same on one line: for titles, rows, tooltips. */
export const visibleLine = (text: string): string => visibleText(text.replace(/\s*[\r\n]+\s*/g, ' ↵ ').trim())
