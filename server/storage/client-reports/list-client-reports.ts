import type { Db } from '../database.ts'

export interface ClientReportCount {
  reason: string
  category: string
  n: number
}

/** JavaScript counts exactly up to here. */
const MOST = Number.MAX_SAFE_INTEGER

/**
 * What SDKs said they dropped in a range, most first.
 * Leans on client_report_minute's primary key (project_id, minute, reason, category).
 */
export async function listClientReports(
  db: Db,
  projectId: number,
  { from, to }: { from: Date; to: Date },
  limit: number,
): Promise<ClientReportCount[]> {
  const { rows } = await db.query<ClientReportCount>(
    `select reason, category, least(sum(n), ${MOST}) as n from client_report_minute
     where project_id = $1 and minute >= $2 and minute < $3
     group by reason, category order by n desc, reason, category limit $4`,
    [projectId, from, to, limit],
  )
  return rows
}
