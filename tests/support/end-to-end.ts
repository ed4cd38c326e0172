// What a journey starts from: `import { expect, test } from '../support/end-to-end.ts'`.
//   test.use({ ownServer: true })              its own server on its own empty database (a first sign-up, for instance)
//   test.use({ serverEnv: { … } })             with these variables set
import { test as base, type Page } from '@playwright/test'
import { createTestDatabase } from './database.ts'
import { startServer, type TestServer } from './server.ts'

export { expect } from '@playwright/test'

export interface Mesher {
  url: string
  databaseUrl: string
  /** Null when the journey shares the common one. */
  server: TestServer | null
}

/** Waits until what the server drew listens: a click before that is nobody's. Other documents are ready as they are. */
const awake = (page: Page) =>
  page.waitForFunction(() => {
    const root = document.querySelector('#__nuxt')
    if (!root) return true
    const { __vue_app__: app } = root as { __vue_app__?: { $nuxt?: { isHydrating?: boolean } } }
    return app?.$nuxt?.isHydrating === false
  })

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
  page: async ({ page }, use) => {
    const goto = page.goto.bind(page)
    page.goto = async (...where) => {
      const response = await goto(...where)
      await awake(page)
      return response
    }
    await use(page)
  },
  baseURL: async ({ mesher }, use) => {
    await use(mesher.url)
  },
})
