// The database as an operator wants to see it: size, biggest tables, dearest queries.
import { useDatabase } from '#server/storage/database.ts'
import { describeDatabase, listTableSizes } from '#server/storage/system/describe-database.ts'
import { listSlowQueries } from '#server/storage/system/list-slow-queries.ts'
import type { SystemDatabase } from '#shared/schemas/system-status.ts'

const TABLES = 12
const QUERIES = 20

export async function readDatabaseState(): Promise<SystemDatabase> {
  const db = useDatabase().read
  const [description, tables, slowQueries] = await Promise.all([
    describeDatabase(db),
    listTableSizes(db, TABLES),
    listSlowQueries(db, QUERIES),
  ])
  return {
    ...description,
    tables,
    slowQueries:
      slowQueries.state === 'known'
        ? { ...slowQueries, since: slowQueries.since?.toISOString() ?? null }
        : slowQueries,
  }
}
