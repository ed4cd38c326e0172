// A place in the news as the wire has it: opaque to clients, in the outbox's own order, with the time it was told, so
// that one from long ago is known as such. A forged one leads to other news of the same project, nothing else.
export interface NewsPosition {
  xid: string
  id: number
}

const FORM = /^(\d{1,19})\.(\d{1,15})\.(\d{1,13})$/

export const positionText = ({ xid, id }: NewsPosition, now: number): string => `${xid}.${id}.${now}`

/** Null for what we never wrote. */
export function readPosition(text: string): (NewsPosition & { toldAt: number }) | null {
  const [, xid, id, toldAt] = FORM.exec(text) ?? []
  if (xid === undefined || id === undefined || toldAt === undefined) return null
  // Of a 64-bit number, PostgreSQL takes no more.
  return BigInt(xid) < 2n ** 63n ? { xid, id: Number(id), toldAt: Number(toldAt) } : null
}

export function isAfter(a: NewsPosition, b: NewsPosition): boolean {
  if (a.xid === b.xid) return a.id > b.id
  return BigInt(a.xid) > BigInt(b.xid)
}
