import { withTransaction, type Database, type Db } from './database.ts'

/**
 * Within a transaction: rows are taken in an index's order wherever there is one, never sorted. The planner takes a
 * group for one of average size, a few events, and would read all of the loudest ones to sort them (measured: 45,000
 * events, 1.3 s, for a page of 25). What no index orders, such as the merge of groups, is sorted all the same.
 */
export async function setReadInOrder(db: Db): Promise<void> {
  await db.query('set local enable_sort = off')
}

/** Asks like that; for questions that are one statement. */
export const readInOrder = <T>(pool: Database['read'], ask: (db: Db) => Promise<T>): Promise<T> =>
  withTransaction(pool, async (db) => {
    await setReadInOrder(db)
    return ask(db)
  })
