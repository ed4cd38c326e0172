// Lists of issues: tabs with counts that agree with the search, the list of all projects, and saved views that a second
// browser sees.
import type { Browser, Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { until } from '../support/until.ts'
import { expectAccessible } from '../support/accessible.ts'

test.use({ ownServer: true, serverEnv: { MESHER_OPEN_SIGNUP: '1' } })
// Each begins with thirty issues and has axe read whole pages of them, twice.
test.beforeEach(() => test.slow())

type Post = <T>(path: string, data: unknown, headers?: Record<string, string>) => Promise<T>
const poster =
  (page: Page, { url }: Mesher): Post =>
  async <T>(path: string, data: unknown, headers: Record<string, string> = {}) => {
    const answer = await page.request.post(path, { data, headers: { origin: url, ...headers } })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }

interface Project {
  id: string
  slug: string
  dsn: string
}

/** A signed-in owner with two projects: 30 issues in one (the last two resolved), two in the other. */
async function settle(page: Page, mesher: Mesher) {
  const post = poster(page, mesher)
  await post('/api/auth/sign-up/email', {
    name: 'Ada Lovelace',
    email: 'ada@example.org',
    password: 'analytical engine',
  })
  const org = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const make = async (name: string, words: string[]) => {
    const project = await post<Project>(`/api/v1/orgs/${org.slug}/projects`, { name, platform: 'node' })
    await post(
      '/api/v1/events/bulk',
      words.map((word) => ({
        exception: { type: `${word}Error`, value: `No ${word}` },
        level: 'error',
        tags: { browser: 'Chrome' },
      })),
      { 'x-mesher-key': new URL(project.dsn).username },
    )
    return project
  }
  const web = await make('Web shop', WORDS)
  const api = await make('Payments', ['Card', 'Bank'])
  const list = async (id: string) =>
    (await (
      await page.request.get(`/api/v1/projects/${id}/issues`, { params: { limit: 100, sort: 'firstSeen' } })
    ).json()) as { data: { id: string; title: string; eventCount: number }[] }
  await until(async () => {
    const { data } = await list(web.id)
    return data.length === 30 && data.every(({ eventCount }) => eventCount === 1)
  }, 20_000)
  const { data } = await list(web.id)
  const resolved = data.filter(({ title }) => /Alpha|Bravo/.test(title)).map(({ id }) => id)
  expect(resolved).toHaveLength(2)
  const change = await page.request.patch(`/api/v1/projects/${web.id}/issues`, {
    data: { ids: resolved, change: { status: 'resolved' } },
    headers: { origin: mesher.url },
  })
  expect(change.ok()).toBe(true)
  return { post, org: org.slug, path: `/${org.slug}/${web.slug}`, web, api }
}
const WORDS = (
  'Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliet Kilo Lima Mike November Oscar Papa ' +
  'Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu Amber Beryl Coral Diamond'
).split(' ')

const inBothThemes = async (page: Page, check: () => Promise<void>) => {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    await check()
  }
}
const tab = (page: Page, name: string) =>
  page.getByRole('group', { name: 'State' }).getByRole('button', { name: new RegExp(`^${name}`) })
const rows = (page: Page) => page.locator('[data-list-row]')
const pages = (page: Page) => page.getByRole('navigation', { name: 'Pages' })

test('LIST-02 SEARCH-05 UI-04 tabs count what they lead to and agree with the search; pages say where one is', async ({
  page,
  mesher,
}) => {
  const { path } = await settle(page, mesher)
  await page.goto(`${path}/issues`, { waitUntil: 'networkidle' })
  await expect(tab(page, 'Unresolved')).toHaveText(/28/)
  await expect(tab(page, 'New')).toHaveText(/28/)
  await expect(tab(page, 'Regressed')).toHaveText(/0/)
  await expect(tab(page, 'Resolved')).toHaveText(/2/)
  await expect(pages(page)).toContainText('1–25 of 28')
  await inBothThemes(page, () => expectAccessible(page))
  await pages(page).getByRole('link', { name: 'Next' }).click()
  await expect(pages(page)).toContainText('26–28 of 28')
  await expect(rows(page)).toHaveCount(3)
  await pages(page).getByRole('link', { name: 'Previous' }).click()
  await expect(pages(page)).toContainText('1–25 of 28')

  await tab(page, 'Resolved').click()
  await expect(page).toHaveURL(/status=resolved/)
  await expect(rows(page)).toHaveCount(2)
  await expect(tab(page, 'Resolved')).toHaveAttribute('aria-pressed', 'true')

  // Typed, it goes before the tab, and the tab follows.
  const search = page.getByRole('combobox', { name: 'Search issues' })
  await search.fill('is:new Delta')
  await search.press('Enter')
  await expect(tab(page, 'New')).toHaveAttribute('aria-pressed', 'true')
  await expect(tab(page, 'New')).toHaveText(/1/)
  await expect(rows(page)).toHaveCount(1)
  // A tab takes what was typed away, and leaves the rest.
  await tab(page, 'Archived').click()
  await expect(search).toHaveValue('Delta')
  await expect(page).toHaveURL(/status=archived/)
  await expect(page.getByText('No issue matches')).toBeVisible()
  await tab(page, 'New').click()
  await expect(page).toHaveURL(/substatus=new/)
  await expect(rows(page)).toHaveCount(1)
})

test('LIST-01 UI-01 all projects are one list, by project too, and figures lead to it', async ({
  page,
  mesher,
}) => {
  const { org, path } = await settle(page, mesher)
  await page.goto(`/${org}`, { waitUntil: 'networkidle' })
  const figures = page.getByRole('list', { name: 'Issues of all projects' })
  await expect(figures.getByRole('link', { name: '30 unresolved' })).toBeVisible()
  await figures.getByRole('link', { name: '30 new' }).click()
  await expect(page).toHaveURL(new RegExp(`/${org}/issues\\?.*substatus=new`))
  await expect(tab(page, 'New')).toHaveText(/30/)
  await expect(pages(page)).toContainText('1–25 of 30')
  await expect(
    rows(page)
      .filter({ hasText: 'Payments' })
      .or(rows(page).filter({ hasText: 'Web shop' })),
  ).toHaveCount(25)
  await inBothThemes(page, () => expectAccessible(page))

  await page.getByRole('button', { name: 'Projects: All projects' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Payments' }).click()
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/project=payments/)
  await expect(rows(page)).toHaveCount(2)
  await expect(tab(page, 'New')).toHaveText(/2/)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/${org}/payments/issues/\\d+`))
  await page.goBack()
  await expect(rows(page)).toHaveCount(2)

  await page.setViewportSize({ width: 390, height: 844 })
  await page.reload({ waitUntil: 'networkidle' })
  await expect(rows(page)).toHaveCount(2)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto(path, { waitUntil: 'networkidle' })
  // A tag's value leads to the issues that have it.
  await page
    .getByRole('region', { name: 'Tags' })
    .getByRole('link', { name: /Chrome/ })
    .click()
  await expect(page).toHaveURL(/issues\?.*q=browser(:|%3A)Chrome/)
  await expect(tab(page, 'Unresolved')).toHaveText(/28/)
})

/** Another person's browser, as a member. */
async function secondBrowser(browser: Browser, mesher: Mesher, first: { post: Post; org: string }) {
  const context = await browser.newContext({ baseURL: mesher.url })
  const page = await context.newPage()
  await poster(page, mesher)('/api/auth/sign-up/email', {
    name: 'Bob Member',
    email: 'bob@example.org',
    password: 'difference engine',
  })
  const { url } = await first.post<{ url: string }>(`/api/v1/orgs/${first.org}/invitations`, {
    role: 'member',
  })
  const token = new URL(url).hash.slice(1)
  await poster(page, mesher)('/api/v1/invitations/accept', { token })
  return page
}

test('LIST-03 UI-07 a view is saved, shared, seen by a second browser, brought up to date and deleted', async ({
  page,
  mesher,
  browser,
}) => {
  const settled = await settle(page, mesher)
  const list = `${settled.path}/issues`
  const menu = (who: Page) => who.getByRole('button', { name: /^Saved views/ })
  await page.goto(`${list}?q=Delta&sort=events&range=7d`, { waitUntil: 'networkidle' })
  await menu(page).click()
  await page.getByRole('menuitem', { name: 'Save as a view…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Deltas')
  await inBothThemes(page, () => expectAccessible(page))
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('View saved', { exact: true })).toBeVisible()
  await expect(menu(page)).toHaveAccessibleName('Saved views: Deltas')

  const bob = await secondBrowser(browser, mesher, settled)
  await bob.goto(list, { waitUntil: 'networkidle' })
  await menu(bob).click()
  await expect(bob.getByRole('menuitem', { name: 'Save as a view…' })).toBeVisible()
  await expect(bob.getByRole('menuitemcheckbox', { name: /Deltas/ })).toHaveCount(0)
  await bob.keyboard.press('Escape')

  await menu(page).click()
  await page.getByRole('menuitem', { name: 'Share with all members' }).click()
  await expect(page.getByText('“Deltas” is shared', { exact: true })).toBeVisible()
  await menu(bob).click()
  await bob.getByRole('menuitemcheckbox', { name: /Deltas/ }).click()
  await expect(bob).toHaveURL(/q=Delta/)
  await expect(bob).toHaveURL(/range=7d/)
  await expect(rows(bob)).toHaveCount(1)
  // Not the member's to change.
  await menu(bob).click()
  await expect(bob.getByRole('menuitemcheckbox', { name: /Deltas by Ada Lovelace/ })).toBeChecked()
  await expect(bob.getByRole('menuitem', { name: 'Rename…' })).toHaveCount(0)
  await bob.keyboard.press('Escape')

  // Changed, then brought up to date.
  const search = page.getByRole('combobox', { name: 'Search issues' })
  await search.fill('Echo')
  await search.press('Enter')
  await expect(menu(page)).toHaveAccessibleName('Saved views: Deltas, changed')
  await menu(page).click()
  await page.getByRole('menuitem', { name: 'Update with these filters' }).click()
  await expect(menu(page)).toHaveAccessibleName('Saved views: Deltas')
  await menu(page).click()
  await page.getByRole('menuitem', { name: 'Rename…' }).click()
  await dialog.getByLabel('Name').fill('Echoes')
  await dialog.getByRole('button', { name: 'Rename' }).click()
  await expect(menu(page)).toHaveAccessibleName('Saved views: Echoes')
  await menu(bob).click()
  await bob.getByRole('menuitemcheckbox', { name: /Echoes/ }).click()
  await expect(bob).toHaveURL(/q=Echo/)

  await menu(page).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('View deleted', { exact: true })).toBeVisible()
  await expect(menu(page)).toHaveAccessibleName('Saved views')
  await bob.reload({ waitUntil: 'networkidle' })
  await expect(menu(bob)).toHaveAccessibleName('Saved views')
  await bob.context().close()
})
