import type { Db } from '../database.ts'
import {
  INGEST_KEY_COLUMNS,
  toIngestKeyRow,
  type IngestKeyRow,
  type StoredIngestKey,
} from './find-ingest-keys.ts'

/** The keys of the installation, disabled ones too, the newest first when there are more. Leans on the primary keys. */
export async function listIngestKeys(db: Db, limit: number): Promise<IngestKeyRow[]> {
  const { rows } = await db.query<StoredIngestKey>({
    name: 'list-ingest-keys',
    text: `
      select ${INGEST_KEY_COLUMNS}
      from project_key k join project p on p.id = k.project_id join organization o on o.id = p.organization_id
      where p.deleting_at is null and o.deleting_at is null
      order by k.id desc limit $1`,
    values: [limit],
  })
  return rows.map(toIngestKeyRow)
}
