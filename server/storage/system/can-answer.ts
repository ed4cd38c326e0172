import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from '../database.ts'

/** Whether a question is answered in time; a failure of any kind is a no. */
export async function canAnswer(db: Db, withinMs: number): Promise<boolean> {
  const answered = db.query('select 1').then(
    () => true,
    () => false,
  )
  return Promise.race([answered, delay(withinMs, false, { ref: false })])
}
