// Alerts: a rule made in the form, an event that fires it, the inbox in two browsers, rules that keep silent, and
// members who look.
import AxeBuilder from '@axe-core/playwright'
import type { Browser, Page } from '@playwright/test'
import pg from 'pg'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { addMember } from '../support/api-client.ts'
import { until } from '../support/until.ts'

test.use({ ownServer: true, serverEnv: { MESHER_OPEN_SIGNUP: '1' } })

const PASSWORD = 'analytical engine'
async function post<T>(page: Page, { url }: Mesher, path: string, data: unknown): Promise<T> {
  const answer = await page.request.post(path, { data, headers: { origin: url } })
  expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
  return (await answer.json()) as T
}
const signUp = (page: Page, mesher: Mesher, name: string) =>
  post<{ user: { id: string } }>(page, mesher, '/api/auth/sign-up/email', {
    ...{ name, email: `${name.toLowerCase()}@example.org`, password: PASSWORD },
  })

async function settle(page: Page, mesher: Mesher) {
  await signUp(page, mesher, 'Ada')
  const org = await post<{ slug: string }>(page, mesher, '/api/v1/orgs', { name: 'Acme' })
  const project = await post<{ id: string; slug: string; dsn: string }>(
    page,
    mesher,
    `/api/v1/orgs/${org.slug}/projects`,
    { name: 'Web shop', platform: 'node' },
  )
  const send = async (message: string, environment = 'production') => {
    const answer = await page.request.post('/api/v1/events', {
      data: { message, level: 'error', environment },
      headers: { 'x-mesher-key': new URL(project.dsn).username },
    })
    expect(answer.status()).toBe(202)
  }
  const path = `/${org.slug}/${project.slug}`
  return { org: org.slug, project, send, path, rules: `${path}/alerts/rules`, inbox: `/${org.slug}/alerts` }
}

/** A member of the organisation in a browser of their own. */
async function member(browser: Browser, mesher: Mesher, org: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: mesher.url })
  const page = await context.newPage()
  const { user } = await signUp(page, mesher, 'Mel')
  const pool = new pg.Pool({ connectionString: mesher.databaseUrl, max: 1 })
  await addMember(pool, { org, userId: user.id, role: 'member' })
  await pool.end()
  return page
}

const expectAccessible = async (page: Page) => {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(
    serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`),
  ).toEqual([])
}

test('ALERT-02 ALERT-04 ALERT-06 a rule from the form fires, and who acknowledges is seen by the others', async ({
  page,
  browser,
  mesher,
}) => {
  const { org, send, rules, inbox } = await settle(page, mesher)
  await send('Before the rule')
  await page.goto(rules, { waitUntil: 'networkidle' })
  await page.getByRole('button', { name: 'New issues' }).click()
  const form = page.getByRole('dialog', { name: 'New alert rule' })
  await expect(form.getByText('Would have fired once in the last 24 hours.')).toBeVisible()
  await expectAccessible(page)

  // A mistake stands at its field, and nothing is made.
  await form.getByLabel('Name').fill('')
  await form.getByLabel('Not again for (minutes)').fill('2000')
  await form.getByRole('button', { name: 'Create rule' }).click()
  await expect(form.getByText('Give it a name.')).toBeVisible()
  await expect(form.getByText('A day (1,440) is the most.')).toBeVisible()
  await form.getByLabel('Name').fill('Production')
  await form.getByLabel('Not again for (minutes)').fill('30')
  await form.getByLabel('Environment').fill('production')
  await form.getByLabel('Environment').press('Enter')
  await form.getByRole('button', { name: 'Create rule' }).click()
  const rule = page.getByRole('listitem', { name: 'Production' })
  await expect(rule).toContainText('When an issue is new in production, alert; not again for 30 min.')
  await expect(rule).toContainText('Never fired')

  await send('Elsewhere', 'staging')
  await send('Payment refused')
  const count = async () =>
    (
      (await (await page.request.get(`/api/v1/orgs/${org}/alerts`)).json()) as {
        counts: { active: number }
      }
    ).counts.active
  await until(async () => (await count()) === 1, 10_000)

  const other = await member(browser, mesher, org)
  await other.goto(inbox, { waitUntil: 'networkidle' })
  const theirs = other.getByRole('list', { name: 'Alerts' }).getByRole('listitem')
  await expect(theirs).toHaveCount(1)
  await expect(theirs).toContainText('Payment refused')

  await page.goto(inbox, { waitUntil: 'networkidle' })
  const mine = page.getByRole('list', { name: 'Alerts' }).getByRole('listitem')
  await expect(mine).toContainText('A new issue in production')
  await expectAccessible(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect(page.locator('html')).toHaveClass(/dark/)
  await expectAccessible(page)
  await page.keyboard.press('j')
  await page.keyboard.press('a')
  await expect(page.getByText('No active alerts')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(mine).toContainText('Payment refused')
  await page.getByRole('button', { name: 'Acknowledge Payment refused' }).click()
  await expect(page.getByText('No active alerts')).toBeVisible()

  await expect(other.getByText('No active alerts')).toBeVisible()
  await other.getByRole('button', { name: /^Acknowledged/ }).click()
  await expect(theirs).toContainText('Acknowledged by Ada')
  await other.getByRole('button', { name: 'Resolve Payment refused' }).click()
  await other.getByRole('button', { name: /^Resolved/ }).click()
  await expect(theirs).toContainText('Resolved by Mel')
  await other.context().close()
})

test('STREAM-01 ALERT-04 two people see an alert come, and that the other took it on, without loading again', async ({
  page,
  browser,
  mesher,
}) => {
  const { org, project, send, path, inbox } = await settle(page, mesher)
  await post(page, mesher, `/api/v1/projects/${project.id}/alert-rules`, {
    ...{ name: 'Anything new', trigger: { type: 'new_issue' } },
  })
  const other = await member(browser, mesher, org)
  await page.goto(`${path}/issues`, { waitUntil: 'networkidle' })
  await other.goto(inbox, { waitUntil: 'networkidle' })
  for (const one of [page, other]) await one.evaluate(() => void Object.assign(window, { sameVisit: true }))
  const theirs = other.getByRole('list', { name: 'Alerts' }).getByRole('listitem')
  await expect(other.getByText('No active alerts')).toBeVisible()

  await send('The disk is full')
  await expect(theirs).toContainText('The disk is full')
  const told = page.getByRole('region', { name: /^Notifications/ }).getByText('The disk is full')
  await expect(told).toBeVisible()
  await expect(page.locator('[data-list-row]').filter({ hasText: 'The disk is full' })).toBeVisible()
  await page.getByRole('link', { name: 'Alert inbox, 1 unread' }).click()
  const mine = page.getByRole('list', { name: 'Alerts' }).getByRole('listitem')
  await page.getByRole('button', { name: 'Acknowledge The disk is full' }).click()
  await expect(page.getByText('No active alerts')).toBeVisible()
  await expect(mine).toHaveCount(0)
  await expect(other.getByText('No active alerts')).toBeVisible()
  await other.getByRole('button', { name: /^Acknowledged/ }).click()
  await expect(theirs).toContainText('Acknowledged by Ada')
  for (const one of [page, other]) expect(await one.evaluate(() => 'sameVisit' in window)).toBe(true)
  await other.context().close()
})

test('ALERT-02 rules that are muted or off keep silent, are deleted after a question, and members only look', async ({
  page,
  browser,
  mesher,
}) => {
  const { org, project, send, rules } = await settle(page, mesher)
  const make = (name: string) =>
    post(page, mesher, `/api/v1/projects/${project.id}/alert-rules`, { name, trigger: { type: 'new_issue' } })
  for (const name of ['Loud', 'Muted', 'Off']) await make(name)
  await page.goto(rules, { waitUntil: 'networkidle' })
  const row = (name: string) => page.getByRole('listitem', { name, exact: true })
  await row('Off').getByRole('switch').click()
  await expect(row('Off').getByText('off', { exact: true })).toBeVisible()
  await row('Muted').getByRole('button', { name: 'What to do with Muted' }).click()
  await page.getByRole('menuitem', { name: 'For 8 hours' }).click()
  await expect(row('Muted').getByText(/^muted until/)).toBeVisible()

  await send('One for the loud one')
  type Inbox = { data: { rule: { name: string } }[] }
  const alerts = async () =>
    ((await (await page.request.get(`/api/v1/orgs/${org}/alerts`)).json()) as Inbox).data
  await until(async () => (await alerts()).length > 0, 10_000)
  expect((await alerts()).map(({ rule }) => rule.name)).toEqual(['Loud'])

  await row('Muted').getByRole('button', { name: 'What to do with Muted' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Delete the rule' }).click()
  await expect(row('Muted')).toHaveCount(0)

  const other = await member(browser, mesher, org)
  await other.goto(rules, { waitUntil: 'networkidle' })
  await expect(other.getByRole('listitem', { name: 'Loud' })).toBeVisible()
  await expect(other.getByRole('switch')).toHaveCount(0)
  await expect(other.getByRole('button', { name: 'New rule' })).toHaveCount(0)
  await other.context().close()
})
