// A body → its events, ready to be written. In: bytes as a door read them, and what the door knows of them; out: for
// each event what is to be written, or what is wrong with it. Pure CPU, and most of what an event costs, so it runs in
// threads where there are some (preparers.ts); the same here and there.
import { parseJson } from '#server/domain/ingest/parse-json.ts'
import { splitBulk, type BulkForm, type Piece } from '#server/domain/ingest/split-bulk.ts'
import type { Encoded, Received } from './event-states.ts'
import { prepare } from './pipeline.ts'

export interface Preparation extends Omit<Received, 'state' | 'payload'> {
  /** How many events the body holds, and how they are separated. */
  form: 'one' | BulkForm
}

/** An event, or why there is none: a DomainError, or a fault of ours, which costs this event and not its neighbours. */
export type Prepared = Encoded | Error

/**
 * In the order of the body.
 * @throws DomainError when the body as a whole is none
 */
export function* prepareBody(
  { form, ...received }: Preparation,
  body: Buffer,
  userSalt: Buffer,
): Generator<Prepared, void, undefined> {
  const pieces: Piece[] = form === 'one' ? [{ payload: parseJson(body) }] : splitBulk(body, form)
  for (const piece of pieces) yield 'error' in piece ? piece.error : one(received, piece.payload, userSalt)
}

function one(received: Omit<Preparation, 'form'>, payload: unknown, userSalt: Buffer): Prepared {
  try {
    return prepare({ ...received, state: 'received', payload }, userSalt)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
