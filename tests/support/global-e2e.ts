// Playwright's global set-up: a PostgreSQL for the run, and one server on a fresh database that journeys share unless
// they ask for their own (`ownServer`, see end-to-end.ts).
import { createTestDatabase } from './database.ts'
import { startServer } from './server.ts'
import { startTestPostgres } from './test-postgres.ts'

export default async function setup() {
  const postgres = await startTestPostgres()
  try {
    const database = await createTestDatabase()
    const server = await startServer({ databaseUrl: database.url })
    process.env.MESHER_E2E_URL = server.url
    process.env.MESHER_E2E_DATABASE_URL = database.url
    return async () => {
      await server.stop()
      await postgres.stop()
    }
  } catch (error) {
    await postgres.stop()
    throw error
  }
}
