// Two nodes behind a proxy, and a page that is connected to one of them: it sees what comes to the other, and when its
// node dies it goes on with the other, without being loaded again.
import type { Page } from '@playwright/test'
import pg from 'pg'
import { startProxy, type Proxy } from '../../scripts/cluster/proxy.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { expect, test as base } from '../support/end-to-end.ts'
import { startMeshServer, untilMeshed } from '../support/mesh.ts'
import { freePort, type TestServer } from '../support/server.ts'
import { expectAccessible } from '../support/accessible.ts'

interface Mesh {
  a: TestServer
  b: TestServer
  proxy: Proxy
  /** Where the proxy sends what is new. */
  reach(...servers: TestServer[]): void
}

const test = base.extend<{ mesh: Mesh }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads which fixtures are wanted from the pattern
  mesh: async ({}, use) => {
    const database: TestDatabase = await createTestDatabase()
    const port = await freePort()
    const env = { MESHER_PUBLIC_URL: `http://127.0.0.1:${port}` }
    const [a, b] = await Promise.all([
      startMeshServer(database.url, { env }),
      startMeshServer(database.url, { env }),
    ])
    let reached = [a!]
    const proxy = await startProxy(port, () => reached.map((server) => server.port))
    const pool = new pg.Pool({ connectionString: database.url, max: 1 })
    await untilMeshed(pool, [a!.pid, b!.pid])
    await pool.end()
    try {
      await use({ a: a!, b: b!, proxy, reach: (...servers) => void (reached = servers) })
    } finally {
      await proxy.close()
      await Promise.all([a!.kill('SIGKILL'), b!.kill('SIGKILL')])
      await database.drop()
    }
  },
  baseURL: async ({ mesh }, use) => {
    await use(`http://127.0.0.1:${mesh.proxy.port}`)
  },
})
test.beforeEach(() => test.slow())

const rowOf = (page: Page, name: string) =>
  page.locator('[data-list-row]').filter({ hasText: `${name}Error` })
const standing = (page: Page) => page.getByRole('status', { name: 'Live updates' })

test('CLUSTER-04 CLUSTER-01: a page at node A sees what is posted to node B, outlives A, and catches up', async ({
  page,
  mesh,
  baseURL,
}) => {
  const { a, b, reach } = mesh
  const post = async <T>(path: string, data: unknown) => {
    const answer = await page.request.post(path, { data, headers: { origin: baseURL! } })
    expect(answer.ok(), await answer.text()).toBe(true)
    return (await answer.json()) as T
  }
  await post('/api/auth/sign-up/email', {
    name: 'Ada',
    email: 'ada@example.org',
    password: 'analytical engine',
  })
  const { slug: org } = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const project = await post<{ slug: string; dsn: string }>(`/api/v1/orgs/${org}/projects`, {
    name: 'Web shop',
    platform: 'node',
  })
  const sendTo = async (server: TestServer, name: string) => {
    const answer = await fetch(`${server.url}/api/v1/events`, {
      method: 'POST',
      headers: { 'x-mesher-key': new URL(project.dsn).username },
      body: JSON.stringify({ exception: { type: `${name}Error`, value: `No ${name}` } }),
    })
    expect(answer.status).toBe(202)
  }

  await page.goto(`/${org}/${project.slug}/live`, { waitUntil: 'networkidle' })
  await expect(standing(page)).toHaveText('Live')
  await page.evaluate(() => void Object.assign(window, { sameVisit: true }))
  await sendTo(b, 'ToB')
  await expect(rowOf(page, 'ToB')).toBeVisible()
  await sendTo(a, 'ToA')
  await expect(rowOf(page, 'ToA')).toBeVisible()

  // Issues have their own way to the page; both nodes' are in the list.
  await page.goto(`/${org}/${project.slug}/issues`, { waitUntil: 'networkidle' })
  await expect(standing(page)).toHaveText('Live')
  for (const name of ['ToA', 'ToB']) await expect(rowOf(page, name)).toBeVisible()
  await page.evaluate(() => void Object.assign(window, { sameVisit: true }))
  reach(b)
  await a.kill('SIGKILL')
  await sendTo(b, 'Meanwhile')
  await expect(standing(page)).toHaveText('Live', { timeout: 30_000 })
  await expect(rowOf(page, 'Meanwhile')).toBeVisible()
  await sendTo(b, 'After')
  await expect(rowOf(page, 'After')).toBeVisible()
  expect(await page.evaluate(() => 'sameVisit' in window)).toBe(true)

  // The node that is left shows both: itself, and the last words of the other.
  await page.goto('/system', { waitUntil: 'networkidle' })
  const nodes = page.getByRole('region', { name: 'Nodes' })
  await expect(nodes.getByText('alive', { exact: true })).toBeVisible()
  await expect(nodes.getByText('silent', { exact: true }).first()).toBeVisible({ timeout: 15_000 })
  await nodes.getByRole('button', { name: 'Show what runs in node 1' }).click()
  await expect(nodes.getByRole('group', { name: 'Process table' })).toContainText('mesh-engine')
  await expectAccessible(page)
})
