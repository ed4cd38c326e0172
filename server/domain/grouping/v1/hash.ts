// FROZEN (see ../v1.ts). Parts → 16 bytes.
import { hash } from 'node:crypto'
import { remember } from './remember.ts'

export interface Part {
  kind: string
  value: string
}

const HASH_BYTES = 16

/** Lengths are written too, so that no two lists of parts make the same text. */
export function hashParts(parts: readonly Part[]): Buffer {
  let text = 'mesher grouping 1\n'
  for (const { kind, value } of parts) text += `${kind} ${value.length} ${value}\n`
  return hashText(text)
}

/** Most events belong to groups that are busy right now. */
const hashText = remember((text) => hash('sha256', text, 'buffer').subarray(0, HASH_BYTES), {
  most: 2_000,
  longest: 2_000,
})
