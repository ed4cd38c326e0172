import { describe, expect, it } from 'vitest'
import type { Note } from '../../../shared/schemas/event.ts'
import { notesAt, notesOfSection, noteWords, sectionOfNote } from '../../../utils/event-notes.ts'

const note = (path: string): Note => ({ path, kind: 'trimmed', message: 'cut' })

describe('DETAIL-04 notes beside what they are about', () => {
  it.each([
    ['exception.values[0].value', 'exception'],
    ['stacktrace.frames', 'exception'],
    ['logentry.params', 'message'],
    ['threads.values[2].name', 'threads'],
    ['breadcrumbs.values[].level', 'breadcrumbs'],
    ['request.headers.Cookie', 'request'],
    ['contexts.os.name', 'contexts'],
    ['user.email', 'user'],
    ['tags.plan', 'tags'],
    ['extra.order', 'extra'],
    ['modules', 'modules'],
    ['attachments', null],
    ['event_id', null],
    ['users', null],
    ['', null],
  ])('%j belongs to %j', (path, section) => expect(sectionOfNote(path)).toBe(section))

  it('finds those of a section and of a field, not of its namesakes', () => {
    const notes = ['extra.a', 'extra.a.b', 'extra.a[0]', 'extra.ab', 'tags.a'].map(note)
    expect(notesOfSection(notes, 'extra')).toHaveLength(4)
    expect(notesAt(notes, 'extra.a').map(({ path }) => path)).toEqual(['extra.a', 'extra.a.b', 'extra.a[0]'])
  })

  it('says the first and counts the rest', () => {
    expect(noteWords([])).toBeUndefined()
    expect(noteWords([note('a')])).toBe('trimmed: cut')
    expect(noteWords([note('a'), note('b'), note('c')])).toBe('trimmed: cut (and 2 more changes)')
  })
})
