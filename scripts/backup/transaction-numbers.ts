// The numbers of transactions that rows carry (`xid8`, `pg_snapshot`) mean nothing in another PostgreSQL, whose own count
// stands elsewhere: news with a number of the future would be read once that count gets there, as if they were new. What
// they say is only an order: which news a reader has read, which alerts a member has seen. After a restore that order is
// kept with the smallest numbers there are, which lie behind everything the new server will ever do.
import type pg from 'pg'

/** Columns of these types; a test holds it against the schema, so that no later one is forgotten. */
export const RENUMBERED = ['alert.xid', 'alert_read.snapshot', 'outbox.xid', 'outbox_reader.xid'] as const

/** The first number a transaction of somebody can have. */
const FIRST = 3

export async function renumberTransactions(client: pg.Client): Promise<void> {
  await renumberNews(client)
  // A backup of an older version has not all of the tables.
  if (await has(client, 'alert_read')) await renumberAlerts(client)
}

/**
 * Of n readers, the number of a row rises with how many have not read it; reader j (0: the furthest) has read what fewer
 * than n - j have not.
 */
async function renumberNews(client: pg.Client): Promise<void> {
  if (!(await has(client, 'outbox_reader'))) {
    await client.query(`UPDATE outbox SET xid = '${FIRST}'`)
    return
  }
  await client.query(`
    WITH readers AS MATERIALIZED (SELECT name, xid, id FROM outbox_reader)
    UPDATE outbox o SET xid = (${FIRST} + (
      SELECT count(*) FROM readers r WHERE (o.xid, o.id) > (r.xid, r.id)))::text::xid8`)
  await client.query(`
    UPDATE outbox_reader r SET id = 0, xid = (${FIRST} + n.readers - n.place)::text::xid8
      FROM (SELECT name, count(*) OVER () AS readers, row_number() OVER (ORDER BY xid DESC, id DESC) - 1 AS place
              FROM outbox_reader) n
     WHERE n.name = r.name`)
}

/** The same for the members of an organisation: what one has seen, whoever has seen more has seen as well. */
async function renumberAlerts(client: pg.Client): Promise<void> {
  await client.query(`
    CREATE TEMPORARY TABLE seen ON COMMIT DROP AS
      SELECT organization_id, user_id, snapshot, row_number() OVER (
               PARTITION BY organization_id
               ORDER BY pg_snapshot_xmax(snapshot), pg_snapshot_xmin(snapshot), user_id) - 1 AS place
        FROM alert_read`)
  await client.query(`
    UPDATE alert a SET xid = (${FIRST} + (
      SELECT count(*) FROM seen s JOIN project p ON p.organization_id = s.organization_id
       WHERE p.id = a.project_id AND NOT pg_visible_in_snapshot(a.xid, s.snapshot)))::text::xid8`)
  await client.query(`
    UPDATE alert_read r SET snapshot = format('%1$s:%1$s:', ${FIRST} + 1 + s.place)::pg_snapshot
      FROM seen s WHERE s.organization_id = r.organization_id AND s.user_id = r.user_id`)
}

async function has(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    table,
  ])
  return rows[0]!.there
}
