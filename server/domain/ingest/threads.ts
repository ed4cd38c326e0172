// `threads` ({values}, a list or one object) → threads in normal form. They matter when no exception has frames: a
// hanging main thread, a native crash, a message with a stack.
import type { NormalEvent } from '#shared/schemas/event.ts'
import { TRIM } from '#shared/constants/limits.ts'
import { flagOf, isFields, itemsOf, textOf } from './fields.ts'
import { stacktraceOf } from './frames.ts'
import type { Place } from './notes.ts'

type Thread = NonNullable<NormalEvent['threads']>[number]

/** A crash report of a busy program has hundreds; the crashed and current ones are told apart by their flags. */
const MAX_THREADS = 100

export function threadsOf(value: unknown, platform: string, place: Place): Thread[] | undefined {
  const { items, path } = itemsOf(value, 'threads', place)
  if (items.length > MAX_THREADS) place.notes.trimmed(path, `${items.length} threads, cut to ${MAX_THREADS}`)
  const threads: Thread[] = []
  let unusable = 0
  for (let i = 0; i < items.length && threads.length < MAX_THREADS; i++) {
    const item = items[i]
    if (!isFields(item)) {
      if (item !== null) unusable++
      continue
    }
    const here = { notes: place.notes, path: `${path}[${i}]` }
    threads.push({
      id: textOf(item, 'id', TRIM.tagValue, here),
      name: textOf(item, 'name', TRIM.tagValue, here),
      crashed: flagOf(item, 'crashed', here),
      current: flagOf(item, 'current', here),
      main: flagOf(item, 'main', here),
      stacktrace: stacktraceOf(item.stacktrace ?? item.raw_stacktrace, platform, {
        notes: place.notes,
        path: `${here.path}.stacktrace`,
      }),
    })
  }
  place.notes.leftOut(path, unusable, items.length, 'not an object')
  return threads.length === 0 ? undefined : threads
}
