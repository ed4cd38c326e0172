// Vitest's global set-up of the integration tests: one PostgreSQL for all of them.
import { startTestPostgres } from './test-postgres.ts'

export default async function setup() {
  const postgres = await startTestPostgres()
  return () => postgres.stop()
}
