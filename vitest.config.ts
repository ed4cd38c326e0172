import path from 'node:path'
import { defineConfig } from 'vitest/config'

// The end-to-end journeys are Playwright's (playwright.config.ts); `npm test` runs these and those in one go.
const alias = {
  '#server': path.join(import.meta.dirname, 'server'),
  '#shared': path.join(import.meta.dirname, 'shared'),
}

export default defineConfig({
  resolve: { alias },
  test: {
    // PostgreSQL's end and the removal of its files, on a busy machine.
    teardownTimeout: 30_000,
    projects: [
      {
        resolve: { alias },
        test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], environment: 'node' },
      },
      {
        resolve: { alias },
        test: { name: 'architecture', include: ['tests/architecture/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts', 'tests/guide/**/*.test.ts'],
          globalSetup: ['tests/support/global-database.ts'],
          // Files start built servers of their own; two at a time is what two cores carry.
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
