import type { Db } from '../database.ts'
import type { GroupKey } from './find-groups.ts'

export interface NewGroup extends GroupKey {
  why: unknown
  title: string
  type: string | null
  value: string | null
  culprit: string | null
  level: number
  platform: string
  /** ms since the epoch */
  firstSeen: number
  /** tsvector as text */
  search: string
  /** The event it is made for: what alert rules look at. */
  eventId: string
  expiresOn: string
}
export interface InsertedGroup extends GroupKey {
  groupId: number
  issueId: number
}

/**
 * Makes groups with their issues, the activity and the news of it, all in the caller's transaction.
 * Whoever loses the race for a fingerprint (on this node or another) gets nothing back for it and reads the winner's
 * group in its next statement: a new issue exists, and is announced, exactly once. Rows go in key order, so that two
 * batches with the same new fingerprints wait for each other and do not deadlock.
 */
export async function insertGroups(db: Db, groups: readonly NewGroup[]): Promise<InsertedGroup[]> {
  const { rows } = await db.query<{
    project_id: number
    version: number
    hash: Buffer
    group_id: number
    issue_id: number
  }>({
    name: 'insert-groups',
    text: `
      with input as materialized (
        select t.*, nextval('issue_id_seq') as issue_id
        from (select * from unnest($1::int[], $2::smallint[], $3::bytea[], $4::jsonb[], $5::text[], $6::text[], $7::text[],
                $8::text[], $9::smallint[], $10::text[], $11::float8[], $12::text[], $13::text[], $14::date[])
              as t (project_id, version, hash, why, title, type, value, culprit, level, platform, first_seen, search,
                    event_id, expires_on)
              order by 1, 2, 3) t
      ), g as (
        insert into event_group (project_id, version, hash, issue_id, why)
        select project_id, version, hash, issue_id, why from input order by project_id, version, hash
        on conflict (project_id, version, hash) do nothing
        returning project_id, version, hash, group_id, issue_id
      ), i as (
        insert into issue (project_id, issue_id, title, type, value, culprit, level, platform, substatus,
                           first_seen, last_seen, search)
        select n.project_id, n.issue_id, n.title, n.type, n.value, n.culprit, n.level, n.platform, 'new',
               to_timestamp(n.first_seen / 1000), to_timestamp(n.first_seen / 1000), n.search::tsvector
        from input n join g using (project_id, issue_id)
      ), a as (
        insert into issue_activity (project_id, issue_id, kind, created_at)
        select n.project_id, n.issue_id, 'created', to_timestamp(n.first_seen / 1000)
        from input n join g using (project_id, issue_id)
      ), o as (
        insert into outbox (project_id, kind, issue_id, payload)
        select n.project_id, 'issue.created', n.issue_id,
               jsonb_build_object('title', n.title, 'level', n.level, 'eventId', n.event_id, 'expiresOn', n.expires_on)
        from input n join g using (project_id, issue_id)
      )
      select * from g`,
    values: [
      groups.map((g) => g.projectId),
      groups.map((g) => g.version),
      groups.map((g) => g.hash),
      groups.map((g) => JSON.stringify(g.why)),
      groups.map((g) => g.title),
      groups.map((g) => g.type),
      groups.map((g) => g.value),
      groups.map((g) => g.culprit),
      groups.map((g) => g.level),
      groups.map((g) => g.platform),
      groups.map((g) => g.firstSeen),
      groups.map((g) => g.search),
      groups.map((g) => g.eventId),
      groups.map((g) => g.expiresOn),
    ],
  })
  return rows.map((r) => ({
    projectId: r.project_id,
    version: r.version,
    hash: r.hash,
    groupId: r.group_id,
    issueId: r.issue_id,
  }))
}
