// What a migration may not do, because nodes of the version before are at work while it runs (docs/operating.md,
// "Upgrade"). In: its SQL; out: what is wrong with it, in words.

/** Written to by every event, or large; whoever locks one of them holds up the line. */
export const BUSY_TABLES = [
  ...['event', 'event_group', 'event_delta', 'outcome_delta', 'receipt', 'outbox', 'issue', 'issue_activity'],
  ...['group_total', 'group_user', 'seen_value', 'alert', 'rule_count', 'rule_user', 'outcome_minute'],
  ...[
    'rollup_project_minute',
    'rollup_project_quarter',
    'rollup_group_hour',
    'rollup_value_hour',
    'rollup_bytes',
  ],
]

/** `-- contract: …` says since which version nothing uses any more what goes. */
const CONTRACT = /^--\s*contract:\s*\S/im

export function problemsOf(sql: string): string[] {
  const code = sql.replaceAll(/--.*$/gm, '').replaceAll(/'(?:[^']|'')*'/g, "''")
  const statements = code
    .split(';')
    .map((statement) => statement.replaceAll(/\s+/g, ' ').trim())
    .filter(Boolean)
  const made = new Set(
    statements.flatMap(
      (statement) => /^CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?/i.exec(statement)?.[1] ?? [],
    ),
  )
  const isBusy = (table: string | undefined) =>
    table !== undefined && BUSY_TABLES.includes(table) && !made.has(table)
  const concurrent = /\bINDEX CONCURRENTLY\b/i.test(code.replaceAll(/\s+/g, ' '))
  const problems: string[] = []
  const problem = (statement: string, why: string) => problems.push(`${why}: ${statement.slice(0, 90)}`)

  for (const statement of statements) {
    const index = /^CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?.*? ON "?(\w+)"?/i.exec(statement)
    if (index && !index[1] && isBusy(index[2]))
      problem(statement, 'an index of a busy table is built CONCURRENTLY, in a migration of its own')
    if (
      concurrent &&
      !/^(?:CREATE (?:UNIQUE )?|DROP )INDEX CONCURRENTLY IF (?:NOT )?EXISTS /i.test(statement)
    )
      problem(statement, 'a migration with CONCURRENTLY holds nothing else, and can be run again')
    if (/^(?:LOCK|VACUUM|CLUSTER|REINDEX|REFRESH)\b/i.test(statement) || /\block_timeout\b/i.test(statement))
      problem(statement, 'locks are the business of whoever runs migrations')
    const change = /^(?:UPDATE|DELETE FROM|TRUNCATE(?: TABLE)?) "?(\w+)"?/i.exec(statement)
    if (change && isBusy(change[1]))
      problem(statement, 'rows of a busy table are changed by a process in small steps, not by a migration')
    if (/^DROP TABLE\b/i.test(statement) && !CONTRACT.test(sql))
      problem(statement, 'what goes was unused for a version; say so: "-- contract: unused since 0.2"')

    const altered = /^ALTER TABLE (?:ONLY )?"?(\w+)"? (.*)$/i.exec(statement)
    if (!altered || made.has(altered[1]!)) continue
    const [, table, actions] = altered as unknown as [string, string, string]
    if (/\b(?:DROP COLUMN|RENAME|SET NOT NULL|ALTER (?:COLUMN )?"?\w+"? (?:SET DATA )?TYPE)\b/i.test(actions))
      if (!CONTRACT.test(sql))
        problem(statement, 'what goes was unused for a version; say so: "-- contract: unused since 0.2"')
    for (const column of actions.split(/,\s*(?=ADD\b)/i)) {
      if (
        !/\bADD (?:COLUMN )?/i.test(column) ||
        /\bADD (?:CONSTRAINT|CHECK|FOREIGN|PRIMARY|UNIQUE)\b/i.test(column)
      )
        continue
      if (/\bNOT NULL\b/i.test(column) && !/\bDEFAULT\b/i.test(column) && !/\bGENERATED\b/i.test(column))
        problem(column, 'nodes of the version before do not fill it: a DEFAULT, or NULL')
      if (
        /\bDEFAULT (?:gen_random_uuid|random|clock_timestamp|nextval|uuid_send)\b/i.test(column) &&
        isBusy(table)
      )
        problem(column, 'a default that differs by row rewrites the whole table')
      if (/\bREFERENCES\b/i.test(column) && isBusy(table))
        problem(column, 'a foreign key reads the whole table: NOT VALID first, VALIDATE in a later migration')
    }
    if (
      isBusy(table) &&
      /\bADD CONSTRAINT\b/i.test(actions) &&
      !/\bNOT VALID\b|\bUSING INDEX\b/i.test(actions)
    )
      problem(statement, 'a constraint reads the whole table: NOT VALID first, VALIDATE in a later migration')
  }
  return problems
}
