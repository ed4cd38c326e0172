// A database of its own for each test file (or test): a copy of the migrated template, made in a few dozen ms.
//   const database = await createTestDatabase()   // at the top of the file or in beforeAll
//   afterAll(() => database.drop())
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { asSuperuser, TEMPLATE } from './test-postgres.ts'

export interface TestDatabase {
  name: string
  /** As the role `mesher`, no superuser, as in production. */
  url: string
  /** For what only an administrator may do, such as ending connections. In the same database. */
  superuserUrl: string
  /** Also when somebody is still connected. */
  drop(): Promise<void>
}

export async function createTestDatabase({ empty = false }: { empty?: boolean } = {}): Promise<TestDatabase> {
  const administration = needed('MESHER_TEST_SUPERUSER_URL')
  const name = `test_${randomBytes(6).toString('hex')}`
  const template = empty ? 'template0' : TEMPLATE
  await asSuperuser(administration, (client) =>
    client.query(`CREATE DATABASE ${name} OWNER mesher TEMPLATE ${template} STRATEGY file_copy`),
  )
  return {
    name,
    url: withDatabase(needed('MESHER_TEST_URL'), name),
    superuserUrl: withDatabase(administration, name),
    async drop() {
      await asSuperuser(administration, async (client) => {
        // Sessions that are just ending are waited for: cut off, they would throw in whoever closed them.
        const sessions = () =>
          client
            .query('SELECT FROM pg_stat_activity WHERE datname = $1 LIMIT 1', [name])
            .then((r) => r.rowCount)
        for (let i = 0; i < 40 && (await sessions()); i++) await sleep(25)
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      })
    },
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

function needed(variable: string): string {
  const value = process.env[variable]
  if (!value)
    throw new Error(`${variable} is unset: run this with vitest's project "integration", or with Playwright`)
  return value
}
