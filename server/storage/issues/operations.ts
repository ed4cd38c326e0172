// What one person did to many issues at once, with the state of each before: kept a day, for undoing.
import type { Db } from '../database.ts'
import type { IssueState } from './issue-state.ts'

export interface Operation {
  action: 'change' | 'delete' | 'discard'
  actorId: string | null
  undoneAt: Date | null
}
export interface OperationRow {
  issueId: string
  before: StoredState
  versionAfter: number
}
/** The state as JSON, and the title, to name it when it is gone. */
export type StoredState = {
  [Key in keyof IssueState]: IssueState[Key] extends Date | null ? string | null : IssueState[Key]
} & { title: string }

/** @returns false when there is one of this id already. Leans on issue_operation's primary key. */
export async function insertOperation(
  db: Db,
  operation: { projectId: number; id: string; actorId: string; action: Operation['action']; data: object },
): Promise<boolean> {
  const { projectId, id, actorId, action, data } = operation
  const { rowCount } = await db.query(
    `insert into issue_operation (project_id, id, actor_id, action, data) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [projectId, id, actorId, action, JSON.stringify(data)],
  )
  return rowCount === 1
}

/** Holds an operation of the last day, so that steps and undoing of it follow one another. Leans on the primary key. */
export async function lockOperation(db: Db, projectId: number, id: string): Promise<Operation | null> {
  const { rows } = await db.query<Operation>(
    `select action, actor_id as "actorId", undone_at as "undoneAt" from issue_operation
     where project_id = $1 and id = $2 and created_at > now() - interval '1 day' for no key update`,
    [projectId, id],
  )
  return rows[0] ?? null
}

/** The state before stays that of the first change of the operation, should an issue be in two of its steps. */
export async function insertOperationRows(
  db: Db,
  projectId: number,
  operationId: string,
  rows: readonly OperationRow[],
): Promise<void> {
  await db.query(
    `insert into issue_operation_row (project_id, operation_id, issue_id, before, version_after)
     select $1, $2, * from unnest($3::bigint[], $4::jsonb[], $5::int[])
     on conflict (project_id, operation_id, issue_id) do update set version_after = excluded.version_after`,
    [
      projectId,
      operationId,
      rows.map((row) => row.issueId),
      rows.map((row) => JSON.stringify(row.before)),
      rows.map((row) => row.versionAfter),
    ],
  )
}

/**
 * The next issues of an operation, by id, which are the undoing transaction's from here on: a repeated request goes on
 * where the last one committed. Leans on issue_operation_row's primary key.
 */
export async function takeOperationRows(
  db: Db,
  projectId: number,
  operationId: string,
  limit: number,
): Promise<OperationRow[]> {
  const { rows } = await db.query<OperationRow>(
    `with next as (
       select issue_id from issue_operation_row
       where project_id = $1 and operation_id = $2 order by issue_id limit $3
     ), taken as (
       delete from issue_operation_row r using next n
       where r.project_id = $1 and r.operation_id = $2 and r.issue_id = n.issue_id
       returning r.issue_id, r.before, r.version_after
     )
     select issue_id::text as "issueId", before, version_after as "versionAfter" from taken order by taken.issue_id`,
    [projectId, operationId, limit],
  )
  return rows
}

export async function markOperationUndone(db: Db, projectId: number, id: string): Promise<void> {
  await db.query(`update issue_operation set undone_at = now() where project_id = $1 and id = $2`, [
    projectId,
    id,
  ])
}

/** Each takes its rows with it: some at a time. */
const STEP = 20

/** Removes operations of more than a day ago. Leans on issue_operation_created_idx. @returns how many, at this step */
export async function deleteOldOperations(db: Db): Promise<number> {
  const { rowCount } = await db.query(
    `delete from issue_operation where (project_id, id) in (
       select project_id, id from issue_operation
       where created_at < now() - interval '1 day' order by created_at limit ${STEP})`,
  )
  return rowCount ?? 0
}
