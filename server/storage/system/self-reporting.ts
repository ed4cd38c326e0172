// Whether Mesher's own faults become events, and of which project: on the installation's one row.
import type { Db } from '../database.ts'

export interface SelfReportingRow {
  on: boolean
  project: { id: number; slug: string; name: string; orgId: number; orgSlug: string } | null
}

/** A project that is being deleted is none. */
export async function findSelfReporting(db: Db): Promise<SelfReportingRow> {
  const { rows } = await db.query<{ on: boolean; project: SelfReportingRow['project'] }>(
    `select i.self_reporting as on,
            case when o.id is not null then json_build_object(
              'id', p.id, 'slug', p.slug, 'name', p.name, 'orgId', o.id, 'orgSlug', o.slug) end as project
     from installation i
     left join project p on p.id = i.self_project_id and p.deleting_at is null
     left join organization o on o.id = p.organization_id and o.deleting_at is null
     where i.id = 1`,
  )
  return rows[0] ?? { on: false, project: null }
}

/** Until the transaction ends nobody else throws the switch. */
export async function lockSelfReporting(db: Db): Promise<void> {
  await db.query(`select from installation where id = 1 for no key update`)
}

export async function markSelfReporting(
  db: Db,
  { on, projectId }: { on: boolean; projectId: number | null },
): Promise<void> {
  await db.query(`update installation set self_reporting = $1, self_project_id = $2 where id = 1`, [
    on,
    projectId,
  ])
}

/** Where to report to: the project with its oldest active key; null while it is off, or there is none. */
export async function findSelfProject(db: Db): Promise<{ projectId: number; publicKey: string } | null> {
  const { rows } = await db.query<{ projectId: number; publicKey: string }>(
    `select p.id as "projectId", k.public_key as "publicKey"
     from installation i
     join project p on p.id = i.self_project_id and p.deleting_at is null
     join project_key k on k.project_id = p.id and k.active
     where i.id = 1 and i.self_reporting
     order by k.id limit 1`,
  )
  return rows[0] ?? null
}
