// How somebody gets into an organisation and out of it again: invited by a link, signed up through it in a browser of
// their own, promoted, gone. And their own account, on every screen.
import { expectAccessible } from '../support/accessible.ts'
import type { Browser, Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'

// Sign-up is closed once the owner is there: only a link lets anybody else in.
test.use({ ownServer: true })
// Two browsers and a server of its own each.
test.describe.configure({ timeout: 240_000 })

const ADA = { name: 'Ada Lovelace', email: 'ada@example.org', password: 'analytical engine' }
const GRACE = { name: 'Grace Hopper', email: 'grace@example.org', password: 'a ship in harbour is safe' }

/** A signed-in owner with an organisation and a project. */
async function settle(page: Page, { url }: Mesher) {
  const post = async <T>(path: string, data: unknown): Promise<T> => {
    const answer = await page.request.post(path, { data, headers: { origin: url } })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  await post('/api/auth/sign-up/email', ADA)
  const org = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  await post(`/api/v1/orgs/${org.slug}/projects`, { name: 'Web shop', platform: 'vue' })
  const invite = (data: object) =>
    post<{ id: string; url: string }>(`/api/v1/orgs/${org.slug}/invitations`, data)
  return { org: `/${org.slug}`, invite }
}

async function otherBrowser(browser: Browser, { url }: Mesher): Promise<Page> {
  const context = await browser.newContext({ baseURL: url })
  return context.newPage()
}

const goto = (page: Page, path: string) => page.goto(path, { waitUntil: 'networkidle' })
const rowOf = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Members' }).getByRole('listitem').filter({ hasText: name })

test('ORG-04 ORG-02 UI-07 invited by a link, signed up through it, promoted, gone', async ({
  page,
  browser,
  mesher,
}) => {
  const { org } = await settle(page, mesher)
  await goto(page, `${org}/settings`)
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Members' }).click()
  await expect(rowOf(page, 'Ada Lovelace').getByText('(you)')).toBeVisible()
  await expect(rowOf(page, 'Ada Lovelace').getByText('The last owner')).toBeVisible()
  await expect(rowOf(page, 'Ada Lovelace').getByRole('combobox')).toHaveCount(0)

  const link = await test.step('the owner makes a link, which is shown once', async () => {
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('For whom').fill('Grace, backend')
    await dialog.getByRole('button', { name: 'Make link' }).click()
    const text = await dialog.getByLabel('Invitation link').innerText()
    expect(text).toMatch(new RegExp(`^${mesher.url}/invite#[\\w-]{43}$`))
    await dialog.getByRole('button', { name: 'Done' }).click()
    await expect(
      page.getByRole('region', { name: 'Open invitations' }).getByText('Grace, backend'),
    ).toBeVisible()
    return text
  })

  const grace = await otherBrowser(browser, mesher)
  await test.step('a stranger opens it, signs up and is in', async () => {
    await goto(grace, link)
    await expect(grace.getByRole('heading', { name: 'Join Acme' })).toBeVisible()
    await expect(grace.getByText('Ada Lovelace invites you to be a member.')).toBeVisible()
    await expect(grace).toHaveURL(({ pathname, hash }) => pathname === '/invite' && hash === '')
    await grace.reload()
    await grace.getByLabel('Name').fill(GRACE.name)
    await grace.getByLabel('E-mail').fill(GRACE.email)
    await grace.getByLabel('Password').fill(GRACE.password)
    await grace.getByRole('button', { name: 'Create account and join' }).click()
    await expect(grace).toHaveURL(({ pathname }) => pathname === org)
    await expect(grace.getByText('Web shop').first()).toBeVisible()
  })

  await test.step('as a member: sees everybody, changes nobody', async () => {
    await goto(grace, `${org}/settings/members`)
    await expect(rowOf(grace, 'Grace Hopper').getByText('Member', { exact: true })).toBeVisible()
    await expect(grace.getByRole('combobox')).toHaveCount(0)
    await expect(grace.getByRole('button', { name: 'Invite', exact: true })).toHaveCount(0)
    await expect(grace.getByRole('navigation', { name: 'Settings' }).getByText('API tokens')).toHaveCount(0)
  })

  await test.step('promoted, she sees what admins see', async () => {
    await page.reload({ waitUntil: 'networkidle' })
    await expect(page.getByText('Nobody is invited at the moment.')).toBeVisible()
    await page.getByRole('combobox', { name: 'Role of Grace Hopper' }).click()
    await page.getByRole('option', { name: 'Admin' }).click()
    await expect(page.getByText('Grace Hopper is now admin', { exact: true })).toBeVisible()
    await grace.reload({ waitUntil: 'networkidle' })
    await expect(grace.getByRole('combobox', { name: 'Role of Grace Hopper' })).toHaveText('Admin')
    await expect(grace.getByRole('button', { name: 'Invite', exact: true })).toBeVisible()
    await expect(
      grace.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Audit log' }),
    ).toBeVisible()
    // Owners are not an admin's matter.
    await expect(rowOf(grace, 'Ada Lovelace').getByRole('combobox')).toHaveCount(0)
  })

  await test.step('the link is spent, and says so', async () => {
    const late = await otherBrowser(browser, mesher)
    await goto(late, link)
    await expect(late.getByRole('heading', { name: 'This invitation has been used' })).toBeVisible()
  })

  await test.step('she leaves, after being asked', async () => {
    await grace.getByRole('button', { name: 'More for Grace Hopper' }).click()
    await grace.getByRole('menuitem', { name: 'Leave…' }).click()
    await grace.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
    await expect(grace).toHaveURL(({ pathname }) => pathname === '/new')
    await page.reload({ waitUntil: 'networkidle' })
    await expect(rowOf(page, 'Grace Hopper')).toHaveCount(0)
    expect((await grace.goto(org))?.status()).toBe(404)
  })
})

test('ORG-04 UI-03 a link is accepted with an account, signing in on the way; taken back, it says so', async ({
  page,
  browser,
  mesher,
}) => {
  const { org, invite } = await settle(page, mesher)
  const first = await invite({ role: 'member' })
  const grace = await otherBrowser(browser, mesher)
  const signedUp = await grace.request.post('/api/auth/sign-up/email', {
    data: { ...GRACE, invitationToken: new URL(first.url).hash.slice(1) },
    headers: { origin: mesher.url },
  })
  expect(signedUp.ok()).toBe(true)
  const second = await page.request.post('/api/v1/orgs', {
    data: { name: 'Navy' },
    headers: { origin: mesher.url },
  })
  const { slug } = (await second.json()) as { slug: string }
  const made = await page.request.post(`/api/v1/orgs/${slug}/invitations`, {
    data: { role: 'admin' },
    headers: { origin: mesher.url },
  })
  const { url } = (await made.json()) as { url: string }

  await grace.context().clearCookies()
  await goto(grace, url)
  await grace.getByRole('link', { name: 'Sign in and come back' }).click()
  await expect(grace).toHaveURL(/\/sign-in\?next=\/invite$/)
  await grace.getByLabel('E-mail').fill(GRACE.email)
  await grace.getByLabel('Password').fill(GRACE.password)
  await grace.getByRole('button', { name: 'Sign in' }).click()
  await expect(grace.getByRole('heading', { name: 'Join Navy' })).toBeVisible()
  await expect(grace.getByText(GRACE.email)).toBeVisible()
  await grace.getByRole('button', { name: 'Join', exact: true }).click()
  await expect(grace).toHaveURL(({ pathname }) => pathname === `/${slug}`)

  const third = await invite({ role: 'member', note: 'Nobody yet' })
  await goto(page, `${org}/settings/members`)
  await page.getByRole('button', { name: 'Revoke Nobody yet' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(page.getByText('Nobody is invited at the moment.')).toBeVisible()
  await goto(grace, third.url)
  await expect(grace.getByRole('heading', { name: 'This invitation was taken back' })).toBeVisible()
  // The same page, with another link pasted over it.
  await grace.goto(`${mesher.url}/invite#not-a-token`)
  await expect(grace.getByRole('heading', { name: 'This link is not valid' })).toBeVisible()
})

test('ORG-02 an organisation is handed over, and its last owner cannot leave', async ({
  page,
  browser,
  mesher,
}) => {
  const { org, invite } = await settle(page, mesher)
  const { url } = await invite({ role: 'member' })
  const grace = await otherBrowser(browser, mesher)
  await grace.request.post('/api/auth/sign-up/email', {
    data: { ...GRACE, invitationToken: new URL(url).hash.slice(1) },
    headers: { origin: mesher.url },
  })
  await goto(page, `${org}/settings/members`)
  await expect(page.getByRole('button', { name: 'More for Ada Lovelace' })).toHaveCount(0)
  await page.getByRole('button', { name: 'More for Grace Hopper' }).click()
  await page.getByRole('menuitem', { name: 'Hand the organisation over…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Hand over' }).click()
  await expect(page.getByText('Grace Hopper owns Acme now', { exact: true })).toBeVisible()
  await expect(rowOf(page, 'Grace Hopper').getByText('Owner', { exact: true })).toBeVisible()
  await expect(page.getByRole('combobox', { name: 'Role of Ada Lovelace' })).toHaveText('Admin')
})

test('ORG-05 UI-07 an account: name, password, sessions', async ({ page, browser, mesher }) => {
  await settle(page, mesher)
  const elsewhere = await otherBrowser(browser, mesher)
  await elsewhere.request.post('/api/auth/sign-in/email', {
    data: { email: ADA.email, password: ADA.password },
    headers: { origin: mesher.url },
  })
  await goto(page, '/')
  await page.getByRole('button', { name: 'Account of Ada Lovelace' }).click()
  await page.getByRole('menuitem', { name: 'Account' }).click()
  await expect(page).toHaveURL(/\/account$/)

  await page.getByLabel('Name', { exact: true }).fill('Ada King')
  await page.getByRole('region', { name: 'Profile' }).getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('button', { name: 'Account of Ada King' })).toBeVisible()

  const sessions = page.getByRole('region', { name: 'Sessions' })
  await expect(sessions.getByRole('listitem')).toHaveCount(2)
  await expect(sessions.getByText('This session')).toHaveCount(1)

  const password = page.getByRole('region', { name: 'Password' })
  await password.getByLabel('Present password').fill('not her password')
  await password.getByLabel('New password').fill('difference engine')
  await password.getByRole('button', { name: 'Change password' }).click()
  await expect(password.getByText('That is not your present password.')).toBeVisible()
  await password.getByLabel('Sign out everywhere else').uncheck()
  await password.getByLabel('Present password').fill(ADA.password)
  await password.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByText('Password changed', { exact: true })).toBeVisible()
  expect((await elsewhere.request.get('/api/v1/me')).status()).toBe(200)

  await sessions.getByRole('button', { name: /^Sign out (?!everywhere)/ }).click()
  await expect(sessions.getByRole('listitem')).toHaveCount(1)
  expect((await elsewhere.request.get('/api/v1/me')).status()).toBe(401)
  expect((await page.request.get('/api/v1/me')).status()).toBe(200)
})

test('UI-01 UI-04 UI-08 the pages of people: phone, dark, accessible', async ({ page, browser, mesher }) => {
  const { org, invite } = await settle(page, mesher)
  const { url } = await invite({
    role: 'admin',
    note: 'Grace, who has a rather long note about what she does',
  })
  const visitor = await otherBrowser(browser, mesher)
  const visits = [
    [page, `${org}/settings`],
    [page, `${org}/settings/members`],
    [page, '/account'],
    [visitor, url],
  ] as const
  for (const scheme of ['light', 'dark'] as const) {
    for (const [who, path] of visits) {
      await who.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await who.setViewportSize({ width: 1440, height: 900 })
      await goto(who, path)
      await expect(who.locator('html')).toHaveClass(new RegExp(scheme))
      for (const width of [1440, 390]) {
        await who.setViewportSize({ width, height: 844 })
        await expectAccessible(who, `${path}, ${scheme}, ${width}`)
      }
      expect(
        await who.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
        path,
      ).toBeLessThanOrEqual(0)
    }
  }
})
