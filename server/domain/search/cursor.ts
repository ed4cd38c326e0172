// Opaque cursors of list routes. A cursor names a place in one list: its HMAC covers the list, the project, the sort
// and every filter, so one that was made for another list, or by hand, is `invalid_cursor` and never a strange page.
// It also keeps the time the reading began: `since=24h` means the same on every page.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { DomainError } from '../errors.ts'

/** What a cursor is bound to. Undefined filters count as absent. */
export type CursorScope = Record<string, string | number | undefined> & { list: string; project: number }

export interface Cursor {
  upwards: boolean
  value: string | number
  id: string
  /** When the first page was read, ms since the epoch. */
  startedAt: number
}

/** 128 bits are far beyond guessing and keep the address short. */
const MAC_BYTES = 16

export function writeCursor(scope: CursorScope, cursor: Cursor): string {
  const { upwards, value, id, startedAt } = cursor
  const body = Buffer.from(JSON.stringify([upwards ? 1 : 0, value, id, startedAt])).toString('base64url')
  return `${body}.${seal(scope, body).toString('base64url')}`
}

export function readCursor(scope: CursorScope, text: string): Cursor {
  const [body = '', mac = ''] = text.split('.')
  const given = Buffer.from(mac, 'base64url')
  // The signature is checked before anything inside is looked at; what passes was written above.
  if (given.length !== MAC_BYTES || !timingSafeEqual(given, seal(scope, body))) {
    throw new DomainError('invalid_cursor')
  }
  const [upwards, value, id, startedAt] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [
    number,
    string | number,
    string,
    number,
  ]
  return { upwards: upwards === 1, value, id, startedAt }
}

function seal(scope: CursorScope, body: string): Buffer {
  const bound = Object.entries(scope)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return createHmac('sha256', secret())
    .update(`mesher cursor 1\n${JSON.stringify(bound)}\n${body}`)
    .digest()
    .subarray(0, MAC_BYTES)
}

/** One secret per installation, so that a page begun on one node continues on another. Boot sees to it. */
function secret(): string {
  const value = process.env.MESHER_SECRET
  // Boot sets it before the first request, unless PostgreSQL has never answered this node.
  if (!value) throw new DomainError('unavailable', { retryAfterSeconds: 2 })
  return value
}
