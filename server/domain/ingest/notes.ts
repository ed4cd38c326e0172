// What normalisation and scrubbing changed on an event, bounded: the notes are shown to people and stored with it.
import { TRIM } from '#shared/constants/limits.ts'
import type { Note } from '#shared/schemas/event.ts'

export class Notes {
  readonly list: Note[]

  constructor(list: Note[] = []) {
    this.list = list
  }

  add(path: string, kind: Note['kind'], message: string): void {
    if (this.list.length < TRIM.notes) this.list.push({ path, kind, message })
  }

  trimmed(path: string, message: string): void {
    this.add(path, 'trimmed', message)
  }

  dropped(path: string, message: string): void {
    this.add(path, 'dropped', message)
  }

  replaced(path: string, message: string): void {
    this.add(path, 'replaced', message)
  }
}

/** Where in the payload a reader stands, so that a note can name the place: `exception.values[0]`. */
export interface Place {
  notes: Notes
  path: string
}

export const pathTo = (place: Place, key: string): string =>
  place.path === '' ? key : `${place.path}.${key}`
