// Where a word stands in a text, in whatever case, as pieces to show: found ones between the others.

export interface FoundPiece {
  text: string
  /** Which find it is, from 0; undefined for what is between finds. */
  found?: number
}

/** More than anybody steps through; each costs an element. */
export const MAX_FINDS = 1_000

/** Together the pieces are always exactly the text. */
export function findText(text: string, word: string, max = MAX_FINDS): FoundPiece[] {
  if (word === '') return [{ text }]
  const pattern = new RegExp(word.replace(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`), 'gi')
  const pieces: FoundPiece[] = []
  let end = 0
  let found = 0
  for (const match of text.matchAll(pattern)) {
    if (found === max) break
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) })
    pieces.push({ text: match[0], found: found++ })
    end = match.index + match[0].length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}
