// Where a node keeps what it must know to accept events while PostgreSQL is away: one file for each database address,
// beside the spool. In: the data directory and DATABASE_URL; out: a path. The launcher asks too: with such a file it
// starts the nodes without waiting for the database.
import { hash } from 'node:crypto'
import path from 'node:path'

/** User, password and options may change; the server and the database it is about are these. */
export function lastKnownFile(dataDir: string, databaseUrl: string): string {
  const { host, pathname, searchParams } = new URL(databaseUrl)
  const address = JSON.stringify([searchParams.get('host') ?? host, pathname])
  return path.resolve(dataDir, 'spool', `last-known-${hash('sha256', address).slice(0, 16)}.json`)
}
