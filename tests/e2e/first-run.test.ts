// The first quarter of an hour with Mesher: an account, an organisation, a project, the first event; and that the frame
// and its pages hold on a phone, in the dark, by keyboard and for a screen reader.
import fs from 'node:fs'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { until } from '../support/until.ts'
import { expectAccessible } from '../support/accessible.ts'

const ADA = { name: 'Ada Lovelace', email: 'ada@example.org', password: 'analytical engine' }
const PHONE = { width: 390, height: 844 }

test.use({ ownServer: true })

/** A signed-in owner with an organisation and a project, made through the API, as the pages would. */
async function settle(page: Page, { url }: Mesher) {
  const post = async <T>(path: string, data: unknown): Promise<T> => {
    const answer = await page.request.post(path, { data, headers: { origin: url } })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  await post('/api/auth/sign-up/email', ADA)
  const org = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const project = await post<{ id: string; slug: string; dsn: string }>(`/api/v1/orgs/${org.slug}/projects`, {
    name: 'Web shop',
    platform: 'vue',
  })
  const key = new URL(project.dsn).username
  const send = (message: string) =>
    page.request.post('/api/v1/events', {
      data: { level: 'error', message, environment: 'production', release: 'web@1.2.3' },
      headers: { 'x-mesher-key': key },
    })
  return { org: `/${org.slug}`, project: `/${org.slug}/${project.slug}`, projectId: project.id, send }
}

const expectNoSidewaysScroll = async (page: Page, what: string) =>
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    what,
  ).toBeLessThanOrEqual(0)

/** What went wrong in the browser: refused by the security policy, thrown, or rendered differently than the server. */
function collectFaults(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/the server responded with a status/.test(message.text()))
      faults.push(message.text())
  })
  return faults
}

test('UI-07 ORG-01 from the first sign-up to the first event on the overview', async ({ page }) => {
  const faults = collectFaults(page)
  await page.goto('/')
  await expect(page).toHaveURL(/\/sign-up$/)
  await expect(page.getByRole('heading', { name: 'Welcome to Mesher' })).toBeVisible()

  await test.step('a form says what is missing, beside the field', async () => {
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByText('Enter your name.')).toBeVisible()
    await expect(page.getByText('Enter an e-mail address such as ada@example.org.')).toBeVisible()
    await expect(page.getByText(/^Use at least \d+ characters\.$/)).toBeVisible()
  })

  await page.getByLabel('Name').fill(ADA.name)
  await page.getByLabel('E-mail').fill(ADA.email)
  await page.getByLabel('Password').fill(ADA.password)
  await page.getByRole('button', { name: 'Create account' }).click()

  await expect(page.getByRole('heading', { name: 'Name your organisation' })).toBeVisible()
  await page.getByLabel('Organisation name').fill('Acme')
  await page.getByRole('button', { name: 'Create organisation' }).click()

  await expect(page.getByRole('heading', { name: 'New project' })).toBeVisible()
  await page.getByRole('button', { name: 'Create project' }).click()
  await expect(page.getByText('Give it a name.')).toBeVisible()
  await page.getByText('Vue', { exact: true }).click()
  await page.getByLabel('Project name').fill('Web shop')
  await page.getByRole('button', { name: 'Create project' }).click()

  await test.step('set-up waits, then turns green when an event arrives', async () => {
    await expect(page).toHaveURL(/\/acme\/web-shop\/setup$/)
    await expect(page.getByRole('heading', { name: 'Waiting for the first event' })).toBeVisible()
    await page.getByRole('tab', { name: 'curl' }).click()
    const command = await page.getByLabel('One event from a terminal', { exact: true }).innerText()
    const [, url, key] = /'(http[^']+)'[\s\S]*X-Mesher-Key: ([0-9a-f]{32})/.exec(command) ?? []
    // What the reader would paste into a terminal, from outside of the browser.
    const answer = await fetch(url!, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mesher-key': key! },
      body: JSON.stringify({ level: 'error', message: 'Hello, Mesher', environment: 'test' }),
    })
    expect(answer.status).toBe(202)
    await expect(page.getByRole('heading', { name: 'Events are arriving' })).toBeVisible()
    await expect(page.getByText('Hello, Mesher', { exact: true })).toBeVisible()
    await expect(page.getByRole('link', { name: 'Open the issue' })).toHaveAttribute(
      'href',
      /\/acme\/web-shop\/issues\/\d+$/,
    )
  })

  await test.step('the button sends a test event of its own', async () => {
    await page.getByRole('button', { name: /test event/ }).click()
    await expect(page.getByText('Test event sent', { exact: true })).toBeVisible()
    await expect(page.getByText(/TestError: This is a test event/)).toBeVisible()
  })

  await page.getByRole('link', { name: 'Overview' }).first().click()
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
  const topIssues = page.getByRole('region', { name: 'Top issues' })
  await expect(topIssues.getByText('Hello, Mesher')).toBeVisible()
  await expect(
    page.getByRole('list', { name: 'Health' }).getByRole('link', { name: /^Events 2/ }),
  ).toBeVisible()
  await expect(page.getByRole('region', { name: 'Environments' }).getByText('test')).toBeVisible()
  expect(faults).toEqual([])
})

test('UI-07 signing out and in again leads back to where one wanted to be', async ({ page, mesher }) => {
  const { project } = await settle(page, mesher)
  await page.goto(project, { waitUntil: 'networkidle' })
  await page.getByRole('button', { name: 'Account of Ada Lovelace' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()

  await page.goto(`${project}/settings`)
  await expect(page).toHaveURL(/\/sign-in\?next=/)
  await page.getByLabel('E-mail').fill(ADA.email)
  await page.getByLabel('Password').fill('not her password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toHaveText(/wrong/)
  await page.getByLabel('Password').fill(ADA.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
  await expect(page).toHaveURL(({ pathname }) => pathname === `${project}/settings`)

  // Only a path of this site is followed.
  await page.goto('/sign-in?next=//example.org/')
  await expect(page).toHaveURL(({ pathname, hostname }) => hostname === '127.0.0.1' && pathname === '/acme')
})

test('UI-03 an organisation, a project and a page that are not there look the same', async ({
  page,
  mesher,
}) => {
  const { org } = await settle(page, mesher)
  for (const path of ['/somebody-else', `${org}/no-such-project`, '/no/such/page/at-all']) {
    const answer = await page.goto(path)
    expect(answer?.status(), path).toBe(404)
    await expect(page.getByRole('heading', { name: 'This page is not here' }), path).toBeVisible()
  }
})

test('UI-03 a part that fails says so and recovers with a retry', async ({ page, mesher }) => {
  const { project, send } = await settle(page, mesher)
  await send('Something happened')
  await page.goto(`${project}/setup`)
  await expect(page.getByRole('heading', { name: 'Events are arriving' })).toBeVisible()
  await page.route('**/stats/top-issues*', (route) => route.abort())
  await page.getByRole('link', { name: 'Overview' }).first().click()
  const panel = page.getByRole('region', { name: 'Top issues' })
  await expect(panel.getByRole('alert')).toBeVisible()
  await page.unroute('**/stats/top-issues*')
  await panel.getByRole('button', { name: 'Try again' }).click()
  await expect(panel.getByText('Something happened')).toBeVisible()
})

test('ORG-01 UI-07 a key is made, disabled with confirmation, and enabled again', async ({
  page,
  mesher,
}) => {
  const { project } = await settle(page, mesher)
  await page.goto(`${project}/settings/keys`)
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Label').fill('Worker')
  await page.getByRole('button', { name: 'Create key' }).click()
  const row = page.getByRole('listitem').filter({ hasText: 'Worker' })
  await expect(row.getByText('Active')).toBeVisible()

  await row.getByRole('button', { name: 'Disable' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disable key' }).click()
  await expect(row.getByText('Disabled')).toBeVisible()
  await row.getByRole('button', { name: 'Enable' }).click()
  await expect(row.getByText('Active')).toBeVisible()

  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'General' }).click()
  await page.getByLabel('Name').fill('Shop front')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Web shop: renamed to Shop front.', { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Project: Shop front' })).toBeVisible()
})

test('UI-03 range and environment live in the address and are remembered', async ({ page, mesher }) => {
  const { project, send } = await settle(page, mesher)
  await send('Something happened')
  await page.goto(project)
  await page.getByRole('button', { name: 'Time range: Last 24 hours' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Last 7 days' }).click()
  await expect(page).toHaveURL(/range=7d/)
  await page.goto(project)
  await expect(page).toHaveURL(/range=7d/)
  await expect(page.getByRole('button', { name: 'Time range: Last 7 days' })).toBeVisible()
})

test('UI-08 the palette and the keys lead everywhere', async ({ page, mesher }) => {
  const { project, org } = await settle(page, mesher)
  await page.goto(project)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.waitForLoadState('networkidle')
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Search issues, jump, do…').fill('Organisation settings')
  await expect(page.getByRole('option').first()).toHaveText(/Organisation settings/)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`${org}/settings$`))
  await page.keyboard.press('g')
  await page.keyboard.press('p')
  await expect(page).toHaveURL(new RegExp(`${org}$`))
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
})

/** Every address there is, made of the pages themselves. */
function everyPage(values: Record<string, string>): string[] {
  const files = fs.globSync('**/*.vue', { cwd: path.join(import.meta.dirname, '..', '..', 'pages') })
  const addresses = files.map((file) =>
    `/${file}`
      .replace(/\.vue$/, '')
      .replace(/\/index$/, '')
      .replace(/\[(\w+)\]/g, (_, name: string) => values[name]!),
  )
  return [...new Set(addresses)].sort()
}

test('UI-01 UI-04 UI-08 every page there is: phone, dark, accessible', async ({ page, mesher }) => {
  test.setTimeout(300_000)
  const faults = collectFaults(page)
  await page.goto('/sign-up')
  await page.getByRole('heading', { name: 'Welcome to Mesher' }).waitFor()
  await expectAccessible(page, '/sign-up')
  const { project, send, projectId } = await settle(page, mesher)
  await page.context().clearCookies()
  await page.goto('/sign-in')
  await expectAccessible(page, '/sign-in')
  await page.getByLabel('E-mail').fill(ADA.email)
  await page.getByLabel('Password').fill(ADA.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('main')).toBeVisible()
  await send('Something happened')
  let issue = ''
  await until(async () => {
    const answer = await page.request.get(`/api/v1/projects/${projectId}/issues`)
    const { data } = (await answer.json()) as { data: { id: string }[] }
    issue = data[0]?.id ?? ''
    return issue !== ''
  }, 15_000)

  const [, org = '', slug = ''] = project.split('/')
  const pages = everyPage({ org, project: slug, issue, event: 'latest' })
  expect(pages).toContain(`${project}/issues/${issue}/events/latest`)
  for (const address of [...pages, '/no/such/page/at-all']) {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.goto(address, { waitUntil: 'networkidle' })
    await expectAccessible(page, `${address}, light`)
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await expect(page.locator('html')).toHaveClass(/dark/)
    // The theme changes colours and nothing else.
    await expectAccessible(page, `${address}, dark`, ['color-contrast'])
    await page.setViewportSize(PHONE)
    await expectNoSidewaysScroll(page, address)
  }
  const document = await page.request.get(project)
  expect(document.headers()).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' })
  await page.goto(project, { waitUntil: 'networkidle' })
  await expectAccessible(page, 'overview on a phone')
  await page.getByRole('button', { name: 'Open sidebar' }).click()
  await page.getByRole('dialog').getByRole('link', { name: 'Projects' }).click()
  await expect(page).toHaveURL(new RegExp(`/${org}$`))
  expect(faults).toEqual([])
})

test('OPS-01 OPS-02 UI-07 the System page says how things are, and makes its own faults issues', async ({
  page,
  mesher,
}) => {
  const faults = collectFaults(page)
  const { org } = await settle(page, mesher)
  await page.goto('/system', { waitUntil: 'networkidle' })
  await expect(page.getByText('Ready: events sent now are kept.')).toBeVisible()
  const region = (name: string) => page.getByRole('region', { name, exact: true })
  await expect(region('Readiness').getByRole('listitem')).toHaveText([
    /PostgreSQL\s*OK/,
    /Migrations\s*OK/,
    /Partitions\s*OK\s*made for the next 14 days/,
    /Spool\s*OK/,
    /Disk\s*OK.* free/,
  ])
  await expect(region('Server processes').getByRole('row').nth(1)).toContainText('Server 1')
  await expect(region('Processes').getByRole('row', { name: /self-reporter running/ })).toBeVisible()
  await expect(region('Database').getByRole('rowheader', { name: 'event', exact: true })).toBeVisible()
  await expect(region('Dearest queries')).toContainText('This database has no pg_stat_statements')

  const itself = region('Mesher itself')
  await expect(itself.getByRole('link', { name: 'Its issues' })).toHaveCount(0)
  await itself.getByRole('switch', { name: 'Report Mesher’s own faults' }).click()
  await expect(itself.getByRole('switch')).toBeChecked()
  await itself.getByRole('link', { name: 'Its issues' }).click()
  await expect(page).toHaveURL(new RegExp(`${org}/mesher-itself/issues`))
  await page.goto('/system', { waitUntil: 'networkidle' })
  await itself.getByRole('switch').click()
  await expect(itself.getByRole('switch')).not.toBeChecked()
  expect(faults).toEqual([])
})

test('UI-04 the chosen theme stays', async ({ page, mesher }) => {
  const { org } = await settle(page, mesher)
  await page.goto(org, { waitUntil: 'networkidle' })
  await page.getByRole('button', { name: 'Account of Ada Lovelace' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Dark' }).click()
  await expect(page.locator('html')).toHaveClass(/dark/)
  await page.reload()
  await expect(page.locator('html')).toHaveClass(/dark/)
})
