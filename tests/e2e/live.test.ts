// Live: two people see the same project change without loading it again, what would move under a reader waits, the page
// of arriving events, and a server that goes and comes back.
import type { APIRequestContext, Browser, Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { startServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { expectAccessible } from '../support/accessible.ts'

test.use({ ownServer: true, serverEnv: { MESHER_OPEN_SIGNUP: '1' } })
test.beforeEach(() => test.slow())

interface Project {
  id: string
  slug: string
  dsn: string
}

const poster =
  (page: Page, { url }: Mesher) =>
  async <T>(path: string, data: unknown, headers: Record<string, string> = {}): Promise<T> => {
    const answer = await page.request.post(path, { data, headers: { origin: url, ...headers } })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }

/** A signed-in owner with a project, and how to send errors to it. */
async function settle(page: Page, mesher: Mesher, words: string[] = []) {
  const post = poster(page, mesher)
  const account = { name: 'Ada Lovelace', email: 'ada@example.org', password: 'analytical engine' }
  await post('/api/auth/sign-up/email', account)
  const org = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const project = await post<Project>(`/api/v1/orgs/${org.slug}/projects`, {
    name: 'Web shop',
    platform: 'node',
  })
  const send = (names: string[], more: object = {}) =>
    post(
      '/api/v1/events/bulk',
      names.map((name) => ({
        exception: { type: `${name}Error`, value: `No ${name}` },
        level: 'error',
        ...more,
      })),
      { 'x-mesher-key': new URL(project.dsn).username },
    )
  if (words.length) {
    await send(words)
    await until(async () => (await listed(page, project)).length === words.length, 20_000)
  }
  return { org: org.slug, path: `/${org.slug}/${project.slug}`, project, send, post }
}
const listed = async (page: Page, { id }: Project) => {
  const answer = await page.request.get(`/api/v1/projects/${id}/issues`, { params: { limit: 100 } })
  return ((await answer.json()) as { data: { id: string; eventCount: number }[] }).data.filter(
    ({ eventCount }) => eventCount > 0,
  )
}

/** Somebody else of the organisation, in another browser. */
async function colleague(browser: Browser, mesher: Mesher, owner: Page, org: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: mesher.url, viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  const account = { name: 'Grace Hopper', email: 'grace@example.org', password: 'nanosecond wire' }
  await poster(page, mesher)('/api/auth/sign-up/email', account)
  const { url: link } = await poster(owner, mesher)<{ url: string }>(`/api/v1/orgs/${org}/invitations`, {
    role: 'member',
  })
  await page.goto(link)
  await page.getByRole('button', { name: /^Join/ }).click()
  await expect(page).toHaveURL(new RegExp(`/${org}`))
  return page
}

const expectAccessibleInBoth = async (page: Page) => {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await expect(page.locator('html')).toHaveClass(colorScheme)
    await expectAccessible(page, colorScheme)
  }
}
const rows = (page: Page) => page.locator('[data-list-row]')
const rowOf = (page: Page, name: string) => rows(page).filter({ hasText: `${name}Error` })
const standing = (page: Page) => page.getByRole('status', { name: 'Live updates' })
const pill = (page: Page) => page.getByRole('button', { name: /that came in meanwhile$/ })
/** A loaded page would not remember. */
const mark = (page: Page) => page.evaluate(() => void Object.assign(window, { sameVisit: true }))
const isSameVisit = (page: Page) => page.evaluate(() => 'sameVisit' in window)

async function openLive(page: Page, path: string) {
  await page.goto(path, { waitUntil: 'networkidle' })
  await expect(standing(page)).toHaveText('Live')
  await mark(page)
}
const liveSockets = async (request: APIRequestContext, { url }: Mesher): Promise<number> => {
  const text = await (await request.get(`${url}/metrics`)).text()
  return Number(/^mesher_live_sockets_open\S* (\d+)/m.exec(text)?.[1] ?? Number.NaN)
}

test('UI-05 STREAM-01 two people see a new issue, its count rising, and that the other resolved it', async ({
  page,
  browser,
  mesher,
}) => {
  const { org, path, send, project } = await settle(page, mesher)
  const other = await colleague(browser, mesher, page, org)
  await openLive(page, `${path}/issues`)
  await openLive(other, `${path}/issues`)
  await send(['Cart'])
  for (const one of [page, other]) await expect(rowOf(one, 'Cart')).toBeVisible()
  for (const one of [page, other])
    await expect(
      one.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: /Issues/ }),
    ).toContainText('1')
  await send(['Cart', 'Cart'])
  for (const one of [page, other]) await expect(rowOf(one, 'Cart')).toContainText('3events')

  // One reads the issue, the other resolves it.
  await rowOf(other, 'Cart').click()
  await expect(standing(other)).toHaveText('Live')
  await expect(other.getByRole('heading', { name: /^Newest event/ })).toBeVisible()
  await send(['Cart'])
  await other.getByRole('button', { name: '1 newer event' }).click()
  await expect(other.getByRole('button', { name: /newer event/ })).toHaveCount(0)
  const [issue] = await listed(page, project)
  await rowOf(page, 'Cart').focus()
  await page.keyboard.press('e')
  await expect(rowOf(page, 'Cart')).toHaveCount(0)
  await expect(other.getByText('Resolved').first()).toBeVisible()
  await expect(other.getByRole('region', { name: 'Activity' })).toContainText('Ada Lovelace resolved it')
  expect(issue).toBeDefined()
  for (const one of [page, other]) expect(await isSameVisit(one)).toBe(true)
})

test('UI-05 what would move under a reader waits behind a pill', async ({ page, mesher }) => {
  const words = Array.from({ length: 25 }, (_, i) => `W${String.fromCharCode(65 + i)}x`)
  const { path, send } = await settle(page, mesher, words)
  await page.setViewportSize({ width: 1440, height: 500 })
  await openLive(page, `${path}/issues`)
  const first = () => rows(page).first().getAttribute('href')
  const before = await first()
  expect(before).toContain('/issues/')
  await page.mouse.move(800, 300)
  await page.mouse.wheel(0, 300)
  const scrolled = () =>
    rows(page)
      .first()
      .evaluate((row) => row.closest('[data-slot=body]')!.scrollTop)
  await expect.poll(scrolled).toBeGreaterThan(100)
  await send(['Fresh'])
  await expect(pill(page)).toHaveText('1 new')
  expect(await first()).toBe(before)
  await expectAccessibleInBoth(page)
  await pill(page).click()
  await expect(rows(page).first()).toContainText('FreshError')
  await expect(pill(page)).toHaveCount(0)

  // Filtered, it waits too, and what does not match is no news.
  await page.goto(`${path}/issues?q=Special`, { waitUntil: 'networkidle' })
  await expect(standing(page)).toHaveText('Live')
  await send(['Ordinary', 'SpecialOne'])
  await expect(rows(page)).toHaveCount(1)
  await send(['SpecialTwo'])
  await expect(pill(page)).toHaveText('1 new')
  await expect(rows(page)).toHaveCount(1)
  await pill(page).click()
  await expect(rows(page)).toHaveCount(2)
})

test('UI-06 events arrive on the live page, which pauses and filters', async ({ page, mesher }) => {
  const { path, send } = await settle(page, mesher)
  await openLive(page, `${path}/live`)
  await expect(page.getByRole('heading', { name: 'Listening' })).toBeVisible()
  await expectAccessibleInBoth(page)
  await send(['Cart'], { environment: 'production' })
  await expect(rowOf(page, 'Cart')).toHaveCount(1)
  await expect(page.getByText('1 event so far')).toBeVisible()

  await page.keyboard.press(' ')
  await expect(page.getByRole('button', { name: 'Go on' })).toBeVisible()
  await send(['Late'], { environment: 'production' })
  await expect(pill(page)).toHaveText('1 new')
  await expect(rows(page)).toHaveCount(1)
  await expectAccessibleInBoth(page)
  await page.keyboard.press(' ')
  await expect(rows(page).first()).toContainText('LateError')

  // Under the pointer nothing moves.
  await rows(page).first().hover()
  await expect(page.getByText('Paused while you point at it')).toBeVisible()
  await send(['Pointed'])
  await expect(pill(page)).toBeVisible()
  await page.mouse.move(5, 5)
  await expect(rows(page).first()).toContainText('PointedError')

  await page.getByRole('button', { name: 'Level: all' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'warning' }).click()
  await expect(page).toHaveURL(/level=warning/)
  await expect(page.getByText('Nothing that matches has arrived')).toBeVisible()
  await page.keyboard.press('Escape')
  // Where the menu was, the list is.
  await page.mouse.move(5, 5)
  const box = page.getByRole('combobox', { name: 'Filter what arrives' })
  await box.fill('Wanted')
  await box.press('Enter')
  await expect(page).toHaveURL(/q=Wanted/)
  await box.blur()
  await until(async () => {
    await send(['Wanted'], { level: 'warning' })
    return (await rowOf(page, 'Wanted').count()) > 0
  }, 15_000)
  await send(['Wanted'])
  await send(['Unwanted'], { level: 'warning' })
  await send(['Wanted'], { level: 'warning', environment: 'last' })
  await expect(rows(page).first()).toContainText('last')
  for (const text of await rows(page).allTextContents()) expect(text).toContain('warningWantedError')

  // Many at once: some are shown, all are counted.
  await page.goto(`${path}/live`, { waitUntil: 'networkidle' })
  await expect(standing(page)).toHaveText('Live')
  await send(Array.from({ length: 120 }, () => 'Storm'))
  await expect(page.getByText('120 events so far')).toBeVisible()
  await expect(page.getByText(/of them counted only/)).toBeVisible()
})

test('STREAM-04 UI-05 a server that comes back is caught up with', async ({ page, mesher }) => {
  const { path, send } = await settle(page, mesher, ['Before'])
  const overview = await page.context().newPage()
  await openLive(overview, path)
  const figure = (name: string) =>
    overview.getByRole('list', { name: 'Health' }).getByRole('link', { name: new RegExp(`^${name}`) })
  await expect(figure('New')).toContainText('1')
  await openLive(page, `${path}/issues`)
  await mesher.server!.stop()
  await expect(standing(page)).toHaveText('Reconnecting')
  await expectAccessibleInBoth(page)
  const port = Number(new URL(mesher.url).port)
  const server = await startServer({ databaseUrl: mesher.databaseUrl, port })
  try {
    await send(['Meanwhile'])
    await expect(standing(page)).toHaveText('Live', { timeout: 30_000 })
    await expect(rowOf(page, 'Meanwhile')).toBeVisible()
    await send(['After'])
    await expect(rowOf(page, 'After')).toBeVisible()
    // The overview too, every ten seconds at most.
    await expect(figure('New')).toContainText('3', { timeout: 30_000 })
    await expect(figure('Events')).toContainText('3')
    for (const one of [page, overview]) expect(await isSameVisit(one)).toBe(true)
  } finally {
    await server.stop()
  }
})

test('STREAM-05 the tabs of a browser share one socket, whichever of them goes', async ({ page, mesher }) => {
  const { path, send } = await settle(page, mesher, ['Before'])
  await openLive(page, `${path}/issues`)
  const second = await page.context().newPage()
  const { request } = page.context()
  await openLive(second, `${path}/issues`)
  expect(await liveSockets(request, mesher)).toBe(1)
  await send(['Both'])
  for (const tab of [page, second]) await expect(rowOf(tab, 'Both')).toBeVisible()
  // The one that has the socket.
  await page.close()
  await until(async () => (await liveSockets(request, mesher)) === 1, 10_000)
  await send(['Left'])
  await expect(rowOf(second, 'Left')).toBeVisible()
  // When nobody looks nothing is open.
  await second.close()
  await until(async () => (await liveSockets(request, mesher)) === 0, 10_000)
})
