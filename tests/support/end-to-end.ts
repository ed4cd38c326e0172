// What a journey starts from: `import { expect, test } from '../support/end-to-end.ts'`.
//   test.use({ ownServer: true })              its own server on its own empty database (a first sign-up, for instance)
//   test.use({ serverEnv: { … } })             with these variables set
import { test as base } from '@playwright/test'
import { createTestDatabase } from './database.ts'
import { startServer, type TestServer } from './server.ts'

export { expect } from '@playwright/test'

export interface Mesher {
  url: string
  databaseUrl: string
  /** Null when the journey shares the common one. */
  server: TestServer | null
}

export const test = base.extend<{ ownServer: boolean; serverEnv: Record<string, string>; mesher: Mesher }>({
  ownServer: [false, { option: true }],
  serverEnv: [{}, { option: true }],
  mesher: async ({ ownServer, serverEnv }, use) => {
    if (!ownServer) {
      const { MESHER_E2E_URL: url = '', MESHER_E2E_DATABASE_URL: databaseUrl = '' } = process.env
      await use({ url, databaseUrl, server: null })
      return
    }
    const database = await createTestDatabase()
    const server = await startServer({ databaseUrl: database.url, env: serverEnv })
    try {
      await use({ url: server.url, databaseUrl: database.url, server })
    } finally {
      await server.stop()
      await database.drop()
    }
  },
  baseURL: async ({ mesher }, use) => {
    await use(mesher.url)
  },
})
