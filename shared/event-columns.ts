// The columns a list of events can have, on the page and in a file. In an address they are names with commas between,
// and a tag is `tag.` with its key percent-encoded, so that a comma in a key separates nothing.

/** In the order in which they stand when nothing else was wished. */
export const PAGE_COLUMNS = ['time', 'level', 'title', 'issue', 'environment', 'release', 'user'] as const
export type PageColumn = (typeof PAGE_COLUMNS)[number]
export const EXPORT_COLUMNS = [
  ...(['id', 'time', 'timestamp', 'level', 'title', 'message'] as const),
  ...(['issue', 'issueId', 'environment', 'release', 'user', 'tags'] as const),
] as const
export type ExportColumn = (typeof EXPORT_COLUMNS)[number]

const TAG = 'tag.'
export type TagColumn = `${typeof TAG}${string}`
export type Column<Name extends string = ExportColumn> = Name | TagColumn

export const MAX_COLUMNS = 30

export const tagColumn = (key: string): TagColumn => `${TAG}${encodeURIComponent(key.toWellFormed())}`

/** The key of a tag's column; null for other columns and what cannot be decoded. */
export function tagKeyOf(column: string): string | null {
  if (!column.startsWith(TAG)) return null
  try {
    return decodeURIComponent(column.slice(TAG.length)) || null
  } catch {
    return null
  }
}

/** The columns an address names, each once, in its order; null when one of them is none. */
export function parseColumns<Name extends string>(
  text: string,
  names: readonly Name[],
): Column<Name>[] | null {
  const words = [...new Set(text.split(',').filter(Boolean))]
  const isColumn = (word: string): word is Column<Name> =>
    names.includes(word as Name) || tagKeyOf(word) !== null
  return words.length > 0 && words.length <= MAX_COLUMNS && words.every(isColumn) ? words : null
}
