// The notes of the event in view, for every section and field below: what was changed stands beside what it was
// changed on, not only in a list at the end.
import type { Note } from '#shared/schemas/event'
import type { ComputedRef, InjectionKey } from 'vue'
import { notesAt, notesOfSection, noteWords } from '~/utils/event-notes'

const KEY: InjectionKey<ComputedRef<readonly Note[]>> = Symbol('notes of the event')

export const provideEventNotes = (notes: ComputedRef<readonly Note[]>) => provide(KEY, notes)

export function useEventNotes() {
  const notes = inject(
    KEY,
    computed(() => []),
  )
  return {
    ofSection: (section: string) => notesOfSection(notes.value, section),
    /** What to say beside the field at one of these places; undefined when it is as it was sent. */
    at: (...paths: string[]) => noteWords(paths.flatMap((path) => notesAt(notes.value, path))),
  }
}
