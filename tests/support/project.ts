// A project with its key, straight into the tables: for tests of what lies behind the doors.
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { DEFAULT_RATE_LIMIT_PER_MINUTE } from '#shared/constants/limits.ts'

export interface TestProject {
  orgId: number
  projectId: number
  /** DSN public key */
  key: string
}

let serial = 0

export async function insertProject(
  pool: pg.Pool,
  values: { retentionDays?: number; rateLimitPerMinute?: number } = {},
): Promise<TestProject> {
  const n = ++serial
  const org = await pool.query(`insert into organization (slug, name) values ($1, $1) returning id`, [
    `org-${n}-${randomBytes(3).toString('hex')}`,
  ])
  const orgId = org.rows[0].id as number
  const project = await pool.query(
    `insert into project (organization_id, slug, name, platform, retention_days, rate_limit_per_minute)
     values ($1, 'web', 'Web', 'node', $2, $3) returning id`,
    [orgId, values.retentionDays ?? 90, values.rateLimitPerMinute ?? DEFAULT_RATE_LIMIT_PER_MINUTE],
  )
  const projectId = project.rows[0].id as number
  const key = randomBytes(16).toString('hex')
  await pool.query(`insert into project_key (project_id, public_key, label) values ($1, $2, 'Test')`, [
    projectId,
    key,
  ])
  return { orgId, projectId, key }
}
