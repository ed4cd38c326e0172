// One story through everything people do here: an owner signs up and invites; an admin makes a project and a token; a
// member resolves; the error comes back; the admin archives it; it escalates.
import type { Browser, Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'

test.use({ ownServer: true })
test.describe.configure({ timeout: 240_000 })

const OLGA = { name: 'Olga Owner', email: 'olga@example.org', password: 'a long enough phrase' }
const ADAM = { name: 'Adam Admin', email: 'adam@example.org', password: 'another long phrase' }
const MIRA = { name: 'Mira Member', email: 'mira@example.org', password: 'a third long phrase' }

const goto = (page: Page, path: string) => page.goto(path, { waitUntil: 'networkidle' })
const otherBrowser = async (browser: Browser, { url }: Mesher): Promise<Page> =>
  (await browser.newContext({ baseURL: url })).newPage()

async function invite(owner: Page, org: string, role: 'Admin' | 'Member'): Promise<string> {
  await goto(owner, `${org}/settings/members`)
  await owner.getByRole('button', { name: 'Invite', exact: true }).click()
  const dialog = owner.getByRole('dialog')
  await dialog.getByLabel('For whom').fill(role)
  await dialog.getByRole('radio', { name: role }).click()
  await dialog.getByRole('button', { name: 'Make link' }).click()
  const link = await dialog.getByLabel('Invitation link').innerText()
  await dialog.getByRole('button', { name: 'Done' }).click()
  return link
}

async function accept(page: Page, link: string, who: typeof ADAM): Promise<void> {
  await goto(page, link)
  await page.getByLabel('Name').fill(who.name)
  await page.getByLabel('E-mail').fill(who.email)
  await page.getByLabel('Password').fill(who.password)
  await page.getByRole('button', { name: 'Create account and join' }).click()
  await expect(page).toHaveURL(({ pathname }) => pathname !== '/invite')
}

async function send(dsn: string, n: number): Promise<void> {
  const { username: key, origin } = new URL(dsn)
  const event = {
    exception: { type: 'PaymentError', value: 'The card was declined by the bank' },
    level: 'error',
  }
  const answer = await fetch(`${origin}/api/v1/events/bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mesher-key': key },
    body: JSON.stringify(Array.from({ length: n }, () => event)),
  })
  expect(answer.status, await answer.text()).toBe(202)
}

test('ORG-02 ORG-04 ORG-06 ISSUE-01 ISSUE-02 RESIL-02 a team lives through an error', async ({
  page: owner,
  browser,
  mesher,
}) => {
  const org = await test.step('the owner signs up', async () => {
    await goto(owner, '/sign-up')
    await owner.getByLabel('Name').fill(OLGA.name)
    await owner.getByLabel('E-mail').fill(OLGA.email)
    await owner.getByLabel('Password').fill(OLGA.password)
    await owner.getByRole('button', { name: 'Create account' }).click()
    await owner.getByLabel('Organisation name').fill('Acme')
    await owner.getByRole('button', { name: 'Create organisation' }).click()
    await expect(owner).toHaveURL(/\/acme/)
    return '/acme'
  })

  const admin = await otherBrowser(browser, mesher)
  const member = await otherBrowser(browser, mesher)
  await test.step('and invites an admin and a member, each in a browser of their own', async () => {
    await accept(admin, await invite(owner, org, 'Admin'), ADAM)
    await accept(member, await invite(owner, org, 'Member'), MIRA)
  })

  const { dsn, project } = await test.step('the admin makes a project', async () => {
    await goto(admin, `${org}/new`)
    await admin.getByText('Vue', { exact: true }).click()
    await admin.getByLabel('Project name').fill('Shop')
    await admin.getByRole('button', { name: 'Create project' }).click()
    await expect(admin).toHaveURL(/\/acme\/shop/)
    const { data } = (await (await admin.request.get('/api/v1/orgs/acme/projects')).json()) as {
      data: { id: string; dsn: string }[]
    }
    return { dsn: data[0]!.dsn, project: data[0]!.id }
  })

  const token = await test.step('and a token, which reads from outside and does not change', async () => {
    await goto(admin, `${org}/settings/tokens`)
    await admin.getByRole('button', { name: 'New token' }).click()
    const dialog = admin.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Report')
    await dialog.getByRole('button', { name: 'Create token' }).click()
    const secret = (await dialog.getByTestId('token-secret').textContent())!
    await dialog.getByRole('button', { name: 'I have copied it' }).click()
    return secret
  })
  const ask = (path: string, method = 'GET') =>
    fetch(`${mesher.url}/api/v1/projects/${project}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: '{"status":"resolved"}' }),
    })
  interface Seen {
    id: string
    status: string
    substatus: string
    eventCount: number
  }
  const issues = async (status: string) =>
    ((await (await ask(`/issues?status=${status}&since=30d`)).json()) as { data: Seen[] }).data

  const stands = async (status: string) => {
    const [issue] = await issues(status)
    return issue ? `${issue.substatus ?? status}, ${issue.eventCount} events` : 'not there'
  }
  await send(dsn, 3)
  await expect.poll(() => stands('unresolved')).toBe('new, 3 events')
  const [issue] = await issues('unresolved')
  const address = `${org}/shop/issues/${issue!.id}`
  expect((await ask(`/issues/${issue!.id}`, 'PATCH')).status).toBe(403)

  await test.step('the member resolves it', async () => {
    await goto(member, address)
    await member.getByRole('button', { name: 'Resolve', exact: true }).click()
    await expect(member.getByRole('region', { name: 'Activity' })).toContainText('Mira Member resolved it')
  })

  await test.step('it comes back, and she sees it', async () => {
    await send(dsn, 2)
    await expect.poll(() => stands('unresolved')).toBe('regressed, 5 events')
    await goto(member, address)
    await expect(member.getByText('Regressed', { exact: true }).first()).toBeVisible()
    const history = member.getByRole('region', { name: 'Activity' })
    await expect(history.getByText(/saw it regress/)).toHaveCount(1)
  })

  // Escalation counts by the hour: the turn of one is not to fall between archiving and the spike.
  const secondsLeft = () => 3_600 - ((Date.now() / 1_000) % 3_600)
  await expect.poll(secondsLeft, { timeout: 60_000 }).toBeGreaterThan(45)

  await test.step('the admin archives it until it escalates', async () => {
    await goto(admin, address)
    await admin.keyboard.press('a')
    const state = admin.getByText(/^until it escalates: more than \d+ events in one hour$/)
    const limit = Number((await state.innerText()).match(/\d+/)![0])
    expect(limit).toBeGreaterThanOrEqual(10)
    await send(dsn, limit)
    await expect.poll(() => stands('archived')).toBe(`archived, ${limit + 5} events`)
    await admin.reload({ waitUntil: 'networkidle' })
    await expect(admin.getByText(/^until it escalates/)).toBeVisible()
  })

  await test.step('a spike brings it back, and the history says why', async () => {
    await send(dsn, 1)
    await expect.poll(() => stands('unresolved')).toMatch(/^escalating/)
    await goto(member, address)
    await expect(member.getByText('Escalating', { exact: true }).first()).toBeVisible()
    await expect(member.getByRole('region', { name: 'Activity' })).toContainText(
      /saw it escalate: \d+ events in one hour/,
    )
  })

  await test.step('the owner reads in the audit log who did what', async () => {
    await goto(owner, `${org}/settings/audit`)
    await expect(owner.getByText(/Adam Admin/).first()).toBeVisible()
  })
})
