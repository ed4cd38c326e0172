// Environments and releases are keys of rollups: a program that sends a new one with each event must not fill the
// database. Beyond a bound they are counted as `(other)`; the event's payload keeps what it said. Values admitted once
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
  let remembered = new Map<string, boolean>()
  let forgetAt = now() + FORGET_MS
  const textOf = ({ projectId, kind, value }: ValueKey) => `${projectId}:${kind}:${value}`
  const valuesOf = ({ projectId, row }: Encoded): ValueKey[] =>
    VALUE_KINDS.flatMap((kind: ValueKind) => {
      const value = row[kind]
      return value === null || value === OTHER ? [] : [{ projectId, kind, value }]
    })

  return {
    async apply(batch) {
      if (remembered.size > MAX_REMEMBERED || now() > forgetAt) {
        remembered = new Map()
        forgetAt = now() + FORGET_MS
      }
      // Batches overlap: each goes on with what it found remembered, and nothing is written down before it is known.
      const known = remembered
      const unknown = new Map<string, ValueKey>()
      for (const event of batch)
        for (const key of valuesOf(event)) {
          const text = textOf(key)
          if (!known.has(text)) unknown.set(text, key)
        }
      if (unknown.size > 0) {
        const admitted = new Set((await admit([...unknown.values()])).map(textOf))
        // A batch that asked at the same moment may have got the last place for it.
        for (const text of unknown.keys()) known.set(text, admitted.has(text) || known.get(text) === true)
      }
      for (const event of batch)
        for (const key of valuesOf(event)) if (!known.get(textOf(key))) event.row[key.kind] = OTHER
    },
  }
}
