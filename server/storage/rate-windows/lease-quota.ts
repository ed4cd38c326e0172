// Quota of a minute, handed out so that all nodes together never hold more than the limit.
import { plainArray } from '../array-literal.ts'
import type { Db } from '../database.ts'

export interface LeaseRow {
  projectId: number
  /** 0: the limit of the whole project. */
  keyId: number
  /** Events asked for. */
  want: number
  /** The limit, in events of this minute. */
  quota: number
}

/**
 * Leases for any number of limits in one statement, which is also the transaction: row locks last no longer. Rows are
 * locked in key order, so two nodes that ask for the same limits wait for each other and never in a circle. Leans on
 * rate_window_pkey.
 * @param minute its first millisecond
 * @returns for each row, in the order given, how many were granted: from 0 to what was asked
 */
export async function leaseQuota(db: Db, minute: number, rows: readonly LeaseRow[]): Promise<number[]> {
  const { rows: granted } = await db.query<{ project_id: number; key_id: number; granted: number }>({
    name: 'lease-quota',
    text: `
      insert into rate_window as w (project_id, key_id, minute, quota, used, granted)
      select project_id, key_id, $5::timestamptz, quota, least(want, quota), least(want, quota)
        from unnest($1::int[], $2::int[], $3::int[], $4::int[]) as asked (project_id, key_id, want, quota)
       order by project_id, key_id
      on conflict (project_id, key_id, minute) do update set
        granted = greatest(0, least(excluded.granted, excluded.quota - w.used)),
        used = w.used + greatest(0, least(excluded.granted, excluded.quota - w.used)),
        quota = excluded.quota
      returning project_id, key_id, granted`,
    values: [
      plainArray(rows.map((row) => row.projectId)),
      plainArray(rows.map((row) => row.keyId)),
      plainArray(rows.map((row) => row.want)),
      plainArray(rows.map((row) => row.quota)),
      new Date(minute).toISOString(),
    ],
  })
  const found = new Map(granted.map((row) => [`${row.project_id}:${row.key_id}`, row.granted]))
  return rows.map((row) => found.get(`${row.projectId}:${row.keyId}`) ?? 0)
}
