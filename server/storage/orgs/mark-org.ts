// A new name or short name; null when the short name is another's (organization_slug_key).
import type { Db } from '../database.ts'
import type { OrgRow } from './insert-org.ts'

export async function markOrg(
  db: Db,
  { id, name, slug }: { id: number; name?: string; slug?: string },
): Promise<OrgRow | null> {
  const { rows } = await db.query<OrgRow>(
    `UPDATE organization o SET name = coalesce($2, name), slug = coalesce($3, slug)
      WHERE id = $1 AND deleting_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM organization other WHERE other.slug = $3 AND other.id <> $1)
     RETURNING id, slug, name, created_at AS "createdAt"`,
    [id, name ?? null, slug ?? null],
  )
  return rows[0] ?? null
}
