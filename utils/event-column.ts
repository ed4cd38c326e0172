// The columns of the events table: what they are called, how wide they are, and what a row has in them.
import type { EventRow } from '#shared/schemas/event-view'
import type { Column, PageColumn } from '#shared/event-columns'
import { tagKeyOf } from '#shared/event-columns'
import { visibleLine } from './visible-text.ts'

export const COLUMN_WORDS: Record<PageColumn, string> = {
  time: 'Time',
  level: 'Level',
  title: 'Event',
  issue: 'Issue',
  environment: 'Environment',
  release: 'Release',
  user: 'User',
}
const WIDTH: Record<PageColumn, string> = {
  time: '6.5rem',
  level: '5.5rem',
  title: 'minmax(14rem, 1fr)',
  issue: '8rem',
  environment: '7.5rem',
  release: '8rem',
  user: '9rem',
}

export const columnWords = (column: Column<PageColumn>): string => {
  const key = tagKeyOf(column)
  return key === null ? COLUMN_WORDS[column as PageColumn] : visibleLine(key)
}

/** As grid-template-columns. */
export const columnWidths = (columns: readonly Column<PageColumn>[]): string =>
  columns.map((column) => WIDTH[column as PageColumn] ?? 'minmax(6rem, 9rem)').join(' ')

/** Of the columns that are plain text; empty where the event has nothing there. */
export function columnText(event: EventRow, column: Column<PageColumn>): string {
  const key = tagKeyOf(column)
  if (key !== null) return visibleLine(Object.hasOwn(event.tags, key) ? event.tags[key]! : '')
  if (column === 'environment' || column === 'release' || column === 'user')
    return visibleLine(event[column] ?? '')
  return ''
}
