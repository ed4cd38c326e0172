// Migrations run while nodes of the version before are at work: additive first, no lock that lasts. The rules are in
// migration-rules.ts; this holds them against prisma/migrations.
import { describe, expect, it } from 'vitest'
import { isConcurrent, readIndexSteps } from '../../launcher/concurrent-index.ts'
import { readMigrations } from '../../launcher/migrate.ts'
import { BUSY_TABLES, problemsOf } from './migration-rules.ts'

/** Released or on their way before there were rules; their tables were small. */
const BEFORE_THE_RULES = '20261124'
/** Those that break a rule for a reason. */
const EXCEPTIONS: Record<string, string> = {
  '20261128102000_retention': 'an index of block ranges on a table of a few rows a minute: built in a moment',
}

const migrations = readMigrations()

describe('migrations', () => {
  it.each(migrations.filter(({ name }) => name >= BEFORE_THE_RULES))(
    'OPS-04: $name holds up no node at work',
    ({ name, sql }) => {
      const problems = problemsOf(sql)
      expect(EXCEPTIONS[name] ? [] : problems).toEqual([])
      if (isConcurrent(sql)) expect(() => readIndexSteps(sql)).not.toThrow()
    },
  )

  it('OPS-04: the busy tables exist', () => {
    const all = migrations.map(({ sql }) => sql).join('\n')
    expect(
      BUSY_TABLES.filter((table) => !new RegExp(`CREATE TABLE (IF NOT EXISTS )?"?${table}"? `).test(all)),
    ).toEqual([])
  })

  it.each([
    ['CREATE INDEX a ON event (project_id, release);', 'CONCURRENTLY'],
    ['CREATE UNIQUE INDEX a ON "issue" (project_id)', 'CONCURRENTLY'],
    ['CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON event (x); CREATE TABLE t (n int)', 'nothing else'],
    ['CREATE INDEX CONCURRENTLY a ON event (x)', 'can be run again'],
    ['ALTER TABLE issue ADD COLUMN a text NOT NULL', 'a DEFAULT, or NULL'],
    ['ALTER TABLE issue ADD COLUMN b int, ADD COLUMN a text NOT NULL', 'a DEFAULT, or NULL'],
    ['ALTER TABLE event ADD COLUMN a uuid DEFAULT gen_random_uuid()', 'rewrites'],
    ['ALTER TABLE issue ADD COLUMN a int REFERENCES project (id)', 'NOT VALID'],
    ["ALTER TABLE issue ADD CONSTRAINT c CHECK (level > 0 AND type <> ';')", 'NOT VALID'],
    ['ALTER TABLE project DROP COLUMN name', 'unused'],
    ['ALTER TABLE project RENAME COLUMN name TO title', 'unused'],
    ['ALTER TABLE project ALTER COLUMN name TYPE varchar(10)', 'unused'],
    ['ALTER TABLE project ALTER COLUMN name SET NOT NULL', 'unused'],
    ['DROP TABLE saved_view', 'unused'],
    ["UPDATE event SET title = 'x'", 'small steps'],
    ['DELETE FROM outbox', 'small steps'],
    ['LOCK TABLE event', 'locks'],
    ["SET lock_timeout = '1h'", 'locks'],
  ])('OPS-04: is refused: %s', (sql, why) => {
    expect(problemsOf(sql).join('\n')).toContain(why)
  })

  it.each([
    'CREATE TABLE t (id int PRIMARY KEY, n text NOT NULL REFERENCES "user" (id)); CREATE INDEX a ON t (n);',
    "ALTER TABLE event ADD COLUMN a text, ADD COLUMN b integer NOT NULL DEFAULT 0, ADD COLUMN c text[] NOT NULL DEFAULT '{}'",
    'ALTER TABLE issue ADD CONSTRAINT c CHECK (level > 0) NOT VALID',
    'ALTER TABLE issue VALIDATE CONSTRAINT c',
    '-- contract: unused since 0.2\nALTER TABLE project DROP COLUMN name',
    'CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON event (project_id, release) WHERE release IS NOT NULL;\nDROP INDEX CONCURRENTLY IF EXISTS b;',
    'CREATE INDEX a ON saved_view (name)',
    '-- CREATE INDEX a ON event (x);\nCREATE TABLE u (n int)',
  ])('OPS-04: is allowed: %s', (sql) => {
    expect(problemsOf(sql)).toEqual([])
  })
})
