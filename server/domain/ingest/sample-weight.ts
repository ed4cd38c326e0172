// Sampling decides what is stored, never what is counted, and it decides by the event's id: a retry, on this node or
// another, gets the same answer.
import { hash } from 'node:crypto'

const HEX_DIGITS = 12
const RANGE = 16 ** HEX_DIGITS

/**
 * @param eventId 32 hex; hashed, because a client may choose its ids
 * @param sampleRate share of events to store, 0 to 1
 * @returns how many events this one stands for when it is stored, 0 when it need not be; null when all are stored
 */
export function sampleWeight(eventId: string, sampleRate: number): number | null {
  if (sampleRate >= 1) return null
  const place = Number.parseInt(hash('sha256', eventId).slice(0, HEX_DIGITS), 16) / RANGE
  return place < sampleRate ? 1 / sampleRate : 0
}
