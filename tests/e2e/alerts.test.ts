// Alerts: a rule made in the form, an event that fires it, the inbox in two browsers, rules that keep silent, and
// members who look.
import type { Browser, Page } from '@playwright/test'
import pg from 'pg'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { addMember } from '../support/api-client.ts'
import { until } from '../support/until.ts'
import { ok, startTarget, status } from '../support/webhook-target.ts'
import { expectAccessible } from '../support/accessible.ts'

test.use({ ownServer: true, serverEnv: { MESHER_OPEN_SIGNUP: '1', MESHER_WEBHOOK_PRIVATE: '1' } })

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

test('STREAM-01 ALERT-04 two people see the same new issue, count and alert, and that the other took it on, without loading again', async ({
  page,
  browser,
  mesher,
}) => {
  const { org, project, send, path } = await settle(page, mesher)
  await post(page, mesher, `/api/v1/projects/${project.id}/alert-rules`, {
    ...{ name: 'Anything new', trigger: { type: 'new_issue' } },
  })
  const other = await member(browser, mesher, org)
  for (const one of [page, other]) {
    await one.goto(`${path}/issues`, { waitUntil: 'networkidle' })
    await expect(one.getByRole('status', { name: 'Live updates' })).toHaveText('Live')
    await one.evaluate(() => void Object.assign(window, { sameVisit: true }))
  }

  await send('The disk is full')
  const row = (one: Page) => one.locator('[data-list-row]').filter({ hasText: 'The disk is full' })
  for (const one of [page, other]) {
    await expect(row(one)).toBeVisible()
    const told = one.getByRole('region', { name: /^Notifications/ })
    await expect(told.getByText('The disk is full')).toBeVisible()
  }
  await send('The disk is full')
  for (const one of [page, other]) await expect(row(one)).toContainText('2events')

  const inbox = (one: Page) => one.getByRole('list', { name: 'Alerts' }).getByRole('listitem')
  for (const one of [page, other]) {
    await one.getByRole('link', { name: 'Alert inbox, 1 unread' }).click()
    await expect(inbox(one)).toContainText('The disk is full')
  }
  await page.getByRole('button', { name: 'Acknowledge The disk is full' }).click()
  for (const one of [page, other]) await expect(one.getByText('No active alerts')).toBeVisible()
  await other.getByRole('button', { name: /^Acknowledged/ }).click()
  await expect(inbox(other)).toContainText('Acknowledged by Ada')
  for (const one of [page, other]) expect(await one.evaluate(() => 'sameVisit' in window)).toBe(true)
  await other.context().close()
})

test('ALERT-04 the browser tells alerts while nobody looks, where it may, and nothing is open where it may not', async ({
  page,
  context,
  mesher,
}) => {
  const { project, send, path } = await settle(page, mesher)
  await post(page, mesher, `/api/v1/projects/${project.id}/alert-rules`, {
    ...{ name: 'Anything new', trigger: { type: 'new_issue' } },
  })
  const sockets = async () =>
    Number(
      /^mesher_live_sockets_open\S* (\d+)/m.exec(await (await page.request.get('/metrics')).text())?.[1] ??
        -1,
    )
  // The page is real, only that nobody looks at it is made up; what the browser is asked to tell is written down.
  await page.addInitScript(() => {
    const seen = { state: 'visible', told: [] as string[] }
    Object.assign(window, {
      look: (state: string) => {
        seen.state = state
        document.dispatchEvent(new Event('visibilitychange'))
      },
      seen,
      Notification: class extends Notification {
        constructor(title: string, options?: NotificationOptions) {
          super(title, options)
          seen.told.push(`${title} | ${options?.body ?? ''}`)
        }
      },
    })
    Object.defineProperty(document, 'visibilityState', { get: () => seen.state })
    Document.prototype.hasFocus = () => seen.state === 'visible'
  })
  const look = (state: 'visible' | 'hidden') =>
    page.evaluate((now) => (window as unknown as { look(state: string): void }).look(now), state)
  const told = () => page.evaluate(() => (window as unknown as { seen: { told: string[] } }).seen.told)
  await page.clock.install()
  await page.goto(`${path}/issues`, { waitUntil: 'networkidle' })
  const live = page.getByRole('status', { name: 'Live updates' })
  await expect(live).toHaveText('Live')
  expect(await sockets()).toBe(1)
  await look('hidden')
  await page.clock.fastForward(31_000)
  await until(async () => (await sockets()) === 0, 10_000)
  await look('visible')
  await expect(live).toHaveText('Live')

  await context.grantPermissions(['notifications'], { origin: mesher.url })
  await look('hidden')
  await page.clock.fastForward(31_000)
  await send('The disk is full')
  await until(async () => (await told()).length > 0, 10_000)
  expect(await told()).toEqual(['The disk is full | Web shop: A new issue in production'])
  expect(await sockets()).toBe(1)
  // Whoever comes back has missed nothing, and is told in the page from then on.
  await look('visible')
  await expect(page.locator('[data-list-row]').filter({ hasText: 'The disk is full' })).toBeVisible()
  await expect(live).toHaveText('Live')
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

  await row('Off').getByRole('button', { name: 'What to do with Off' }).click()
  await page.getByRole('menuitem', { name: 'Duplicate' }).click()
  const form = page.getByRole('dialog', { name: 'New alert rule' })
  await expect(form.getByLabel('Name')).toHaveValue('Off (copy)')
  await form.getByRole('button', { name: 'Create rule' }).click()
  await expect(row('Off (copy)')).toContainText('When an issue is new, alert; not again for 30 min.')
  await expect(row('Off (copy)').getByRole('switch')).toBeChecked()

  // More than fifty at once are one that says how many more.
  const letters = [...'abcdefgh']
  const many = letters.flatMap((one) => letters.map((two) => ({ message: `Broken ${one}x ${two}y` })))
  const sent = await page.request.post('/api/v1/events/bulk', {
    data: many,
    headers: { 'x-mesher-key': new URL(project.dsn).username },
  })
  expect(((await sent.json()) as { accepted: number }).accepted).toBe(many.length)
  await page.goto(`/${org}/alerts`, { waitUntil: 'networkidle' })
  await expect(page.getByText(/\d+ more alerts in a short time, gathered here/)).toBeVisible()
  await expect(page.getByRole('list', { name: 'Alerts' }).getByText('Too many alerts at once')).toBeVisible()

  const other = await member(browser, mesher, org)
  await other.goto(rules, { waitUntil: 'networkidle' })
  await expect(other.getByRole('listitem', { name: 'Loud' })).toBeVisible()
  await expect(other.getByRole('switch')).toHaveCount(0)
  await expect(other.getByRole('button', { name: 'New rule' })).toHaveCount(0)
  await other.context().close()
})

test('WEBHOOK-01 a webhook is made, tested and chosen in a rule; what it was sent is seen and sent again', async ({
  page,
  browser,
  mesher,
}) => {
  test.slow()
  const target = await startTarget()
  try {
    const { org, send, path, rules } = await settle(page, mesher)
    await page.goto(rules, { waitUntil: 'networkidle' })
    await page.getByRole('link', { name: 'Webhooks' }).click()
    await expect(page.getByText('No webhooks yet')).toBeVisible()
    await page.getByRole('button', { name: 'New webhook' }).click()
    const form = page.getByRole('dialog', { name: 'New webhook' })
    await form.getByLabel('Name').fill('Pager')
    await form.getByLabel('Address').fill('ftp://example.org')
    await form.getByRole('radio', { name: 'Signed JSON' }).click()
    await form.getByRole('button', { name: 'Create webhook' }).click()
    await expect(form.getByText('Write an address that begins with https:// or http://.')).toBeVisible()
    await expectAccessible(page)
    await form.getByLabel('Address').fill(`${target.url}/a-secret-path`)
    await form.getByRole('button', { name: 'Create webhook' }).click()
    await expect(page.getByTestId('webhook-secret')).toHaveText(/^whsec_/)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    const row = page.getByRole('listitem', { name: 'Pager' })
    await expect(row).toContainText('No rule sends to it yet')
    await expect(row).not.toContainText('a-secret-path')
    await row.getByRole('button', { name: 'Send a test to Pager' }).click()
    await expect(page.getByText('The test arrived at “Pager”').first()).toBeVisible()
    expect(target.received).toHaveLength(1)

    await page.goto(rules, { waitUntil: 'networkidle' })
    await page.getByRole('button', { name: 'New issues' }).click()
    const rule = page.getByRole('dialog', { name: 'New alert rule' })
    await rule.getByLabel('Also send to').click()
    await page.getByRole('option', { name: 'Pager' }).click()
    await page.keyboard.press('Escape')
    await rule.getByRole('button', { name: 'Create rule' }).click()
    const rulesRow = page.getByRole('listitem', { name: 'New issues' })
    await expect(rulesRow).toContainText('Sent to Pager')
    target.answer(status(500))
    await send('The disk is full')
    await until(() => target.received.length === 2, 15_000)
    await rulesRow.getByRole('button', { name: 'What to do with New issues' }).click()
    await page.getByRole('menuitem', { name: 'Deliveries' }).click()
    const log = page.getByRole('dialog', { name: /^Deliveries of/ }).getByRole('listitem')
    await expect(log).toContainText('Answered 500')
    await expect(log).toContainText('Trying again')
    // By itself, and soon.
    target.answer(ok)
    await expect(log).toContainText('2 attempts', { timeout: 30_000 })
    await expect(log).toContainText('Delivered')
    await expectAccessible(page)
    await page.emulateMedia({ colorScheme: 'dark' })
    await expectAccessible(page)
    await log.getByRole('button', { name: 'Send The disk is full again' }).click()
    await expect(log).toHaveCount(2)
    await expect(log.first()).toContainText('sent again')
    await expect(log.first()).toContainText('Delivered')
    await page.keyboard.press('Escape')

    await page.goto(`${path}/alerts/webhooks`, { waitUntil: 'networkidle' })
    await expect(row).toContainText('Sends for “New issues”')
    await expectAccessible(page)
    await row.getByRole('button', { name: 'What to do with Pager' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await expect(page.getByText('One rule no longer sends to it.')).toBeVisible()
    await page.getByRole('button', { name: 'Delete the webhook' }).click()
    await expect(page.getByText('No webhooks yet')).toBeVisible()

    const other = await member(browser, mesher, org)
    await other.goto(`${path}/alerts/webhooks`, { waitUntil: 'networkidle' })
    await expect(other.getByText('Webhooks are for admins')).toBeVisible()
    await other.context().close()
  } finally {
    await target.close()
  }
})
