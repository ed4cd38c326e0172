import type { Db } from '../database.ts'

/**
 * How far PostgreSQL's clock is ahead of ours, ms, give or take half the round trip.
 * @returns the offset of the quickest of three tries: the one with the least doubt
 */
export async function measureClock(db: Db): Promise<number> {
  let best = { roundTrip: Infinity, offset: 0 }
  for (let i = 0; i < 3; i++) {
    const sent = Date.now()
    const { rows } = await db.query<{ ms: number }>(
      `select extract(epoch from clock_timestamp())::float8 * 1000 as ms`,
    )
    const roundTrip = Date.now() - sent
    if (roundTrip < best.roundTrip) best = { roundTrip, offset: rows[0]!.ms - (sent + roundTrip / 2) }
  }
  // Within the doubt of the measurement the two clocks are one.
  return Math.abs(best.offset) <= best.roundTrip / 2 + 1 ? 0 : best.offset
}
