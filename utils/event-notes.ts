// Where on the page a note about a changed part belongs: notes name places of the payload as it was sent.
import type { Note } from '#shared/schemas/event'

const SECTIONS: readonly [section: string, place: RegExp][] = [
  ['exception', /^(exception|stacktrace|sentry\.interfaces\.Exception)\b/],
  ['message', /^(message|logentry|sentry\.interfaces\.Message)\b/],
  ['threads', /^threads\b/],
  ['breadcrumbs', /^breadcrumbs\b/],
  ['tags', /^(tags|site)\b/],
  ['user', /^user\b/],
  ['request', /^request\b/],
  ['contexts', /^contexts\b/],
  ['extra', /^extra\b/],
  ['modules', /^modules\b/],
]

/** Null for what no section shows: ids, times, attachments, the SDK. */
export const sectionOfNote = (path: string): string | null =>
  SECTIONS.find(([, place]) => place.test(path))?.[0] ?? null

export const notesOfSection = (notes: readonly Note[], section: string): Note[] =>
  notes.filter(({ path }) => sectionOfNote(path) === section)

/** What happened to one field and to what is inside of it: `extra.order`, `request.headers.Cookie`. */
export function notesAt(notes: readonly Note[], path: string): Note[] {
  return notes.filter(
    (note) =>
      note.path === path ||
      (note.path.startsWith(path) && (note.path[path.length] === '.' || note.path[path.length] === '[')),
  )
}

/** "trimmed: 9000 characters, cut to 8192": short enough for a hover; several are counted. */
export function noteWords(notes: readonly Note[]): string | undefined {
  const [first, ...more] = notes
  if (!first) return undefined
  const rest = more.length ? ` (and ${more.length} more ${more.length === 1 ? 'change' : 'changes'})` : ''
  return `${first.kind}: ${first.message}${rest}`
}
