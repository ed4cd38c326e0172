// Grouping, version 1. FROZEN: the same event must get the same hash for ever, so this file and everything under v1/
// changes only to add a comment, or to come to the same result in less time (tests/…/v1/same-names.test.ts compares); a
// better idea becomes v2.ts and a line in versions.ts. Imports nothing but its own folder, node:crypto, types.
//
// In this order: the SDK's own fingerprint → frames of the exception chain, with type and normalised message → type
// and normalised value → message template, or the message, normalised → one constant group.
import type { NormalEvent } from '#shared/schemas/event.ts'
import type { GroupingReason } from '#shared/schemas/issue.ts'
import { messagePart, stackParts, valueParts } from './v1/automatic.ts'
import { fingerprintParts, isAutomatic, mixesAutomatic } from './v1/fingerprint.ts'
import { hashParts } from './v1/hash.ts'
import type { Part } from './v1/hash.ts'

export interface Grouping {
  version: 1
  /** 16 bytes. */
  hash: Buffer
  /** What was hashed, for people; long stacks are shown in part. */
  why: GroupingReason
}

type Strategy = GroupingReason['strategy']

/** A stack of more frames than this is not read to the end. */
const MAX_PARTS_SHOWN = 40

export function group(event: NormalEvent): Grouping {
  const fingerprint = event.fingerprint
  if (fingerprint === undefined || isAutomatic(fingerprint)) {
    const { strategy, parts } = automatic(event)
    return grouping(strategy, parts)
  }
  const parts = fingerprintParts(fingerprint, event)
  if (mixesAutomatic(fingerprint)) parts.push(...automatic(event).parts)
  return grouping('fingerprint', parts)
}

function automatic(event: NormalEvent): { strategy: Strategy; parts: Part[] } {
  const stack = stackParts(event)
  if (stack) return { strategy: 'stack', parts: stack }
  const values = valueParts(event)
  if (values) return { strategy: 'exception', parts: values }
  const message = messagePart(event)
  if (message) return { strategy: 'message', parts: [message] }
  return { strategy: 'constant', parts: [] }
}

function grouping(strategy: Strategy, parts: Part[]): Grouping {
  return { version: 1, hash: hashParts(parts), why: { strategy, version: 1, parts: shown(parts) } }
}

function shown(parts: Part[]): Part[] {
  if (parts.length <= MAX_PARTS_SHOWN) return parts
  const more = parts.length - MAX_PARTS_SHOWN
  return [...parts.slice(0, MAX_PARTS_SHOWN), { kind: 'more', value: `${more} more` }]
}
