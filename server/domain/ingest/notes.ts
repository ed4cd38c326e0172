// What normalisation and scrubbing changed on an event, bounded: the notes are shown to people and stored with it.
// Messages are plain words and quote nothing of the payload: the scrubber does not look into notes.
import { TRIM } from '#shared/constants/limits.ts'
import type { Note } from '#shared/schemas/event.ts'

/** The path of the note that counts those beyond the limit. No reader notes a payload field of this name. */
const UNLISTED = 'notes'
/** So far back is looked for the same note: the items of one list repeat a few kinds. */
const RECENT = 8

export class Notes {
  readonly list: Note[]

  constructor(list: Note[] = []) {
    this.list = list
  }

  add(path: string, kind: Note['kind'], message: string): void {
    if (this.list.length < TRIM.notes) this.list.push({ path, kind, message })
    else this.#countUnlisted()
  }

  trimmed(path: string, message: string): void {
    this.#once(path, 'trimmed', message)
  }

  dropped(path: string, message: string): void {
    this.#once(path, 'dropped', message)
  }

  replaced(path: string, message: string): void {
    this.#once(path, 'replaced', message)
  }

  /** One note for all items of a list that could not be used; none when there are none. */
  leftOut(path: string, count: number, total: number, why: string): void {
    if (count > 0) this.dropped(path, `${count} of ${total} left out: ${why}`)
  }

  /** Many items of one list may be cut in the same way: that is one note. */
  #once(path: string, kind: Note['kind'], message: string): void {
    const { list } = this
    for (let i = list.length - 1, end = Math.max(0, list.length - RECENT); i >= end; i--) {
      const note = list[i]!
      if (note.message === message && note.path === path && note.kind === kind) return
    }
    this.add(path, kind, message)
  }

  /** The count stands in the last note itself: the scrubber goes on with a list that normalisation began. */
  #countUnlisted(): void {
    const last = this.list[TRIM.notes - 1]!
    const before = last.path === UNLISTED ? Number.parseInt(last.message, 10) : 1 // the note that gives its place
    this.list[TRIM.notes - 1] = {
      path: UNLISTED,
      kind: 'trimmed',
      message: `${before + 1} more changes are not listed`,
    }
  }
}

/** Where in the payload a reader stands, so that a note can name the place: `exception.values[0]`. */
export interface Place {
  notes: Notes
  path: string
}

export const pathTo = (place: Place, key: string): string =>
  place.path === '' ? key : `${place.path}.${key}`
