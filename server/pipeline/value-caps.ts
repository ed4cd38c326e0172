// Environments and releases are keys of rollups: a program that sends a new one with each event must not fill the
// database. Beyond a bound they are counted as `(other)`; the event itself keeps what it said. Values admitted once
// are remembered, so that a batch with nothing new asks nobody.
import type { Encoded } from './event-states.ts'
import { VALUE_KINDS, type ValueKey, type ValueKind } from '#server/storage/values/admit-values.ts'

export const OTHER = '(other)'

const MAX_REMEMBERED = 20_000
/** What was refused is asked for again so much later at most. */
const FORGET_MS = 10 * 60_000

export interface ValueCaps {
  /** Replaces what is beyond the bounds in these events, in place. Rejects when PostgreSQL does not answer. */
  apply(batch: readonly Encoded[]): Promise<void>
}

export function createValueCaps(
  admit: (values: readonly ValueKey[]) => Promise<ValueKey[]>,
  now: () => number = () => performance.now(),
): ValueCaps {
  const known = new Map<string, boolean>()
  let forgetAt = now() + FORGET_MS
  const textOf = ({ projectId, kind, value }: ValueKey) => `${projectId}:${kind}:${value}`
  const valuesOf = ({ projectId, row }: Encoded): ValueKey[] =>
    VALUE_KINDS.flatMap((kind: ValueKind) => {
      const value = row[kind]
      return value === null || value === OTHER ? [] : [{ projectId, kind, value }]
    })

  return {
    async apply(batch) {
      if (known.size > MAX_REMEMBERED || now() > forgetAt) {
        known.clear()
        forgetAt = now() + FORGET_MS
      }
      const unknown = new Map<string, ValueKey>()
      for (const event of batch)
        for (const key of valuesOf(event)) {
          const text = textOf(key)
          if (!known.has(text)) unknown.set(text, key)
        }
      if (unknown.size > 0) {
        for (const text of unknown.keys()) known.set(text, false)
        try {
          for (const key of await admit([...unknown.values()])) known.set(textOf(key), true)
        } catch (error) {
          for (const text of unknown.keys()) known.delete(text)
          throw error
        }
      }
      for (const event of batch)
        for (const key of valuesOf(event)) if (!known.get(textOf(key))) event.row[key.kind] = OTHER
    },
  }
}
