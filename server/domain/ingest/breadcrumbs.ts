// `breadcrumbs` (a list or {values}) → the last hundred in normal form, oldest first.
import { TRIM } from '#shared/constants/limits.ts'
import type { Breadcrumb } from '#shared/schemas/event.ts'
import { isFields, itemsOf, textOf } from './fields.ts'
import { jsonObjectOf } from './json-values.ts'
import { levelOf } from './levels.ts'
import type { Place } from './notes.ts'
import { isoTime, parseTime } from './times.ts'

export function breadcrumbsOf(value: unknown, drift: number, place: Place): Breadcrumb[] {
  const { items, path } = itemsOf(value, 'breadcrumbs', place)
  const first = Math.max(0, items.length - TRIM.breadcrumbs)
  if (first > 0) place.notes.trimmed(path, `${items.length} breadcrumbs; the oldest ${first} were left out`)
  const breadcrumbs: Breadcrumb[] = []
  let unusable = 0
  let withoutTime = 0
  let withoutLevel = 0
  for (let i = first; i < items.length; i++) {
    const item = items[i]
    if (!isFields(item)) {
      if (item !== null) unusable++
      continue
    }
    const here = { notes: place.notes, path: `${path}[${i}]` }
    const time = parseTime(item.timestamp)
    const level = levelOf(item.level)
    if (time === undefined && isSent(item.timestamp)) withoutTime++
    if (level === undefined && isSent(item.level)) withoutLevel++
    breadcrumbs.push({
      timestamp: time === undefined ? undefined : isoTime(time + drift),
      type: textOf(item, 'type', TRIM.tagValue, here),
      category: textOf(item, 'category', TRIM.tagValue, here),
      level,
      message: textOf(item, 'message', TRIM.breadcrumbMessage, here),
      data: jsonObjectOf(item, 'data', here),
    })
  }
  place.notes.leftOut(path, unusable, items.length, 'not an object')
  if (withoutTime > 0) place.notes.leftOut(`${path}[].timestamp`, withoutTime, items.length, 'not a time')
  if (withoutLevel > 0)
    place.notes.leftOut(`${path}[].level`, withoutLevel, items.length, 'not a known level')
  return breadcrumbs
}

const isSent = (value: unknown): boolean => value !== undefined && value !== null && value !== ''
