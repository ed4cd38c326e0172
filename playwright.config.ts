import { defineConfig } from '@playwright/test'
import { findBrowser } from './scripts/find-browser.ts'

// Journeys in a real browser against the built server and a real PostgreSQL: files side by side, as many as there are
// cores, which wait for each other's pages more than they work.
export default defineConfig({
  testDir: './tests/e2e',
  testMatch: '**/*.test.ts',
  outputDir: './test-results',
  globalSetup: './tests/support/global-e2e.ts',
  workers: 2,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    headless: true,
    // Where nobody could open it, a trace of every step is only slow.
    trace: process.env.CI ? 'off' : 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: findBrowser() ?? undefined,
      args: [
        // As root in a container Chromium has no sandbox of its own, and /dev/shm is small.
        ...['--no-sandbox', '--disable-dev-shm-usage'],
        // No request but those of the page under test.
        ...[
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
          '--no-first-run',
        ],
        ...[
          '--disable-default-apps',
          '--disable-domain-reliability',
          '--disable-client-side-phishing-detection',
        ],
      ],
    },
  },
  projects: [{ name: 'desktop', use: { viewport: { width: 1440, height: 900 } } }],
})
