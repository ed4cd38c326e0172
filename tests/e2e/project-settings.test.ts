// What a project keeps of its events, by the forms its admins use, and the page that says where events went.
import type { Page } from '@playwright/test'
import pg from 'pg'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { until } from '../support/until.ts'

test.use({ ownServer: true })

const PASSWORD = 'analytical engine'

/** A signed-in owner with an organisation and a project. */
async function settle(page: Page, { url }: Mesher) {
  const post = async <T>(path: string, data: unknown): Promise<T> => {
    const answer = await page.request.post(path, { data, headers: { origin: url } })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  await post('/api/auth/sign-up/email', { name: 'Ada', email: 'ada@example.org', password: PASSWORD })
  const org = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const project = await post<{ id: string; slug: string; dsn: string }>(`/api/v1/orgs/${org.slug}/projects`, {
    name: 'Web shop',
    platform: 'vue',
  })
  const api = `/api/v1/projects/${project.id}`
  return {
    org: org.slug,
    id: Number(project.id),
    settings: `/${org.slug}/${project.slug}/settings`,
    detail: async () =>
      (await (await page.request.get(api)).json()) as { sampleRate: number; scrub: Record<string, unknown> },
    send: (data: unknown) =>
      page.request.post('/api/v1/events', {
        data,
        headers: { 'x-mesher-key': new URL(project.dsn).username },
      }),
    outcomes: async () =>
      (await (await page.request.get(`${api}/stats/outcomes`)).json()) as { totals: Record<string, number> },
  }
}

const goto = (page: Page, path: string) => page.goto(path, { waitUntil: 'networkidle' })

test('UI-07 sampling: a wrong share is said beside the field, a right one is saved and kept', async ({
  page,
  mesher,
}) => {
  const { settings, detail } = await settle(page, mesher)
  await goto(page, `${settings}/limits`)
  const share = page.getByLabel('Share of events to store', { exact: true })
  const save = page.getByRole('region', { name: 'Sampling' }).getByRole('button', { name: 'Save' })
  await expect(save).toBeDisabled()
  await share.fill('150')
  await expect(page.getByText('The most is 100%.')).toBeVisible()
  await save.click()
  expect((await detail()).sampleRate).toBe(1)

  await share.fill('12.5')
  await expect(page.getByText('Of 10,000 events about 1,250 are stored')).toBeVisible()
  await save.click()
  await expect(
    page.getByText('Web shop: 12.5% of events are stored from now on.', { exact: true }),
  ).toBeVisible()
  await expect(save).toBeDisabled()
  expect((await detail()).sampleRate).toBe(0.125)
  await page.reload()
  await expect(share).toHaveValue('12.5')
})

test('UI-07 what is not saved is not left by accident', async ({ page, mesher }) => {
  const { settings, detail } = await settle(page, mesher)
  await goto(page, `${settings}/limits`)
  await page.getByLabel('Share of events to store', { exact: true }).fill('50')
  const nav = page.getByRole('navigation', { name: 'Settings' })
  await nav.getByRole('link', { name: 'Scrubbing' }).click()
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
  await dialog.getByRole('button', { name: 'Stay' }).click()
  await expect(dialog).toBeHidden()
  await expect(page).toHaveURL(/\/limits$/)
  await expect(page.getByLabel('Share of events to store', { exact: true })).toHaveValue('50')

  await nav.getByRole('link', { name: 'Scrubbing' }).click()
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/\/limits$/)
  await nav.getByRole('link', { name: 'Scrubbing' }).click()
  await dialog.getByRole('button', { name: 'Discard changes and leave' }).click()
  await expect(page).toHaveURL(/\/scrubbing$/)
  expect((await detail()).sampleRate).toBe(1)

  // Nothing changed, nothing asked.
  await nav.getByRole('link', { name: 'General' }).click()
  await expect(page).toHaveURL(/\/settings$/)
})

test('UI-07 scrubbing: settings are tried on an event before they are saved', async ({ page, mesher }) => {
  const { settings, detail, send } = await settle(page, mesher)
  await goto(page, `${settings}/scrubbing`)
  await expect(page.getByText('No event is stored yet.')).toBeVisible()

  await page.getByText('Pasted JSON').click()
  await page.getByLabel('An event as a program would send it').fill('{"message": ')
  await page.getByRole('button', { name: 'Try it' }).click()
  await expect(page.getByText(/This is not valid JSON at line 1, column/)).toBeVisible()
  await page
    .getByLabel('An event as a program would send it')
    .fill('{"message": "<b>hi</b>", "extra": {"password": "x", "yearlySalary": 9}}')
  await page.getByRole('button', { name: 'Try it' }).click()
  await expect(page.getByText('1 place is filtered.')).toBeVisible()

  await test.step('the result follows the form', async () => {
    await page.getByLabel('More fields to filter').fill('salary')
    await page.keyboard.press('Enter')
    await expect(page.getByText('2 places are filtered.')).toBeVisible()
    const places = page.getByRole('list', { name: 'Filtered places' })
    await expect(places.getByRole('button')).toHaveText(['extra.password', 'extra.yearlySalary'])
    const event = page.getByLabel('The event after scrubbing')
    await expect(event.locator('mark')).toHaveText(['"[Filtered]"', '"[Filtered]"'])
    await expect(event).toContainText('<b>hi</b>')
    expect((await detail()).scrub.extraFields).toEqual([])
  })

  await test.step('what cannot be is said beside the field', async () => {
    await page.getByLabel('Never filter').fill('SALARY')
    await page.keyboard.press('Enter')
    await expect(page.getByText('“SALARY” is in both lists.')).toBeVisible()
    await page.getByLabel('Never filter').press('Backspace')
    await page.getByLabel('Never filter').press('Backspace')
    await page.getByLabel('Never filter').fill('42')
    await page.keyboard.press('Enter')
    await expect(page.getByText('Use at least one letter from a to z.')).toBeVisible()
    await page.getByLabel('Never filter').press('Backspace')
    await page.getByLabel('Never filter').press('Backspace')
  })

  await page.getByRole('switch', { name: 'Drop IP addresses' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText(/^fields to filter: 1 more; IP addresses dropped\. It holds/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled()
  expect((await detail()).scrub).toEqual({
    enabled: true,
    extraFields: ['salary'],
    safeFields: [],
    dropIpAddresses: true,
  })

  await page.getByRole('switch', { name: 'Filter secrets' }).click()
  await expect(page.getByText('Passwords and tokens will be stored as they are sent')).toBeVisible()
  await expect(page.getByText('Nothing is filtered.')).toBeVisible()
  await page.getByRole('button', { name: 'Discard changes' }).click()

  await send({ message: 'stored', extra: { password: 'x' } })
  await page.getByText('Newest event').click()
  await expect(page.getByText(/1 was filtered before/)).toBeVisible()
})

test('RESIL-03 UI-03 where events went: empty, counted, as a table, left out, failed', async ({
  page,
  mesher,
}) => {
  const { settings, send, outcomes, id } = await settle(page, mesher)
  await goto(page, `${settings}/outcomes`)
  await expect(page.getByRole('heading', { name: 'Nothing reached this project' })).toBeVisible()
  await expect(page.getByText(/No SDK said it dropped an event/)).toBeVisible()

  for (const event of [{ message: 'a' }, { message: 'b' }, {}, { level: 'error' }, []]) await send(event)
  const client = new pg.Client({ connectionString: mesher.databaseUrl })
  await client.connect()
  await client.query(
    `insert into client_report_minute (project_id, minute, reason, category, n)
     values ($1, date_trunc('minute', now()), 'before_send', 'error', 1234),
            ($1, date_trunc('minute', now()), 'ratelimit_backoff', 'transaction', 77)`,
    [id],
  )
  await client.end()
  await until(async () => {
    const { totals } = await outcomes()
    return totals.stored === 2 && totals.invalid === 3
  }, 10_000)
  await page.reload({ waitUntil: 'networkidle' })
  const refused = page.getByRole('region', { name: 'Turned away' })
  await expect(refused.getByRole('button', { name: /^Invalid .*broken JSON.* 3 60%$/ })).toBeVisible()
  await expect(page.getByRole('button', { name: /^Stored .* 2 40%$/ })).toBeVisible()
  await expect(page.getByText(/^Over 6,000 events a minute/)).toBeVisible()
  const lost = page.getByRole('region', { name: 'Dropped by SDKs' })
  await expect(lost.getByRole('listitem')).toHaveText(/before_send.*beforeSend said no.*1,234/)
  await expect(lost.getByText(/Not a loss:.*transaction 77/)).toBeVisible()

  await expect(
    page.getByRole('img', { name: /^Received events by verdict over time: 5 in all/ }),
  ).toBeVisible()
  await page.getByRole('button', { name: /^Stored/ }).click()
  await expect(
    page.getByRole('img', { name: /^Received events by verdict over time: 3 in all/ }),
  ).toBeVisible()
  await page.getByRole('button', { name: 'Show as table' }).click()
  const table = page.getByRole('region', { name: 'Received events by verdict over time' })
  await expect(table.getByRole('columnheader').last()).toHaveText('in all')
  await expect(table.getByRole('columnheader', { name: 'Stored' })).toHaveCount(0)
  await expect(table.getByRole('row').nth(1).getByRole('cell').last()).toHaveText('3')

  await page.route('**/stats/outcomes*', (route) => route.abort())
  await page.getByRole('button', { name: /^Time range/ }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Last hour' }).click()
  await expect(page.getByRole('alert')).toBeVisible()
  await page.unroute('**/stats/outcomes*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('alert')).toBeHidden()
  await expect(page.getByRole('button', { name: /^Invalid/ })).toBeVisible()
  await expect(page).toHaveURL(/range=1h/)
})

test('RETAIN-02 RETAIN-03: another retention is explained in numbers, confirmed, planned and taken back', async ({
  page,
  mesher,
}) => {
  const { org, id, settings, send } = await settle(page, mesher)
  await goto(page, `${settings}/storage`)
  await expect(page.getByText('Nothing is stored yet.')).toBeVisible()
  for (let i = 0; i < 3; i++) await send({ message: 'the till is stuck' })
  const client = new pg.Client({ connectionString: mesher.databaseUrl })
  await client.connect()
  const stored = async () =>
    (
      await client.query(`select coalesce(sum(events), 0)::int as n from stored_day where project_id = $1`, [
        id,
      ])
    ).rows[0].n
  await until(async () => (await stored()) === 3, 10_000)
  // Of weeks ago, in the books only: what the form says is read from them.
  await client.query(
    `insert into stored_day (project_id, received_on, expires_on, events, bytes)
     select $1, d, d + 97 - (extract(isodow from d)::int + 5) % 7, 1200, 2400000
     from generate_series(current_date - 60, current_date - 1, interval '1 day') t, lateral (select t::date as d) x`,
    [id],
  )
  await client.query(`update project set first_event_at = now() - interval '60 days' where id = $1`, [id])
  await client.query(`update issue set first_seen = now() - interval '200 days' where project_id = $1`, [id])
  await client.end()

  await goto(page, `${settings}/storage`)
  const form = page.getByRole('region', { name: 'Retention' })
  const effect = form.getByRole('status', { name: 'What it does' })
  await expect(effect).toContainText('72,003 events')
  const largest = page.getByRole('region', { name: 'Largest issues' })
  await expect(largest.getByRole('link', { name: /the till is stuck/ })).toBeVisible()
  await expect(page.getByRole('region', { name: 'What would change it' })).toContainText('kept 30 days')

  await largest.getByRole('link', { name: /the till is stuck/ }).click()
  await expect(
    page.getByText(/Events older than \d+ \w+ \d+ were removed: this project keeps them/),
  ).toBeVisible()
  await page.getByRole('link', { name: '90 days' }).click()

  await form.getByText('30 days', { exact: true }).click()
  await expect(effect).toContainText('removed on that day')
  await expect(effect).toContainText(/[\d,]+ events/)
  await form.getByRole('button', { name: 'Save' }).click()
  const dialog = page.getByRole('dialog', { name: 'Keep events 30 days?' })
  await expect(dialog).toContainText(/removes [\d,]+ events \([\d.]+ MiB\)/)
  const confirm = dialog.getByRole('button', { name: 'Keep 30 days' })
  await expect(confirm).toBeDisabled()
  await dialog.getByLabel(/to confirm/).fill('web-shop')
  await confirm.click()
  await expect(form.getByText(/From 90 to 30 days on/)).toBeVisible()
  await expect(dialog).toBeHidden()

  await form.getByRole('button', { name: 'Keep 90 days' }).click()
  await expect(form.getByText(/From 90 to 30 days on/)).toBeHidden()
  await expect(effect).toContainText('72,003 events')

  await goto(page, `/${org}/settings/storage`)
  await expect(page.getByRole('region', { name: 'Projects' })).toContainText('72,003 events')
  await expect(page.getByText('Database on its disk')).toBeVisible()
})

test('ORG-02 UI-07 a member may look at the settings', async ({ page, mesher, browser }) => {
  const { settings, org, send } = await settle(page, mesher)
  await send({ message: 'a' })
  const client = new pg.Client({ connectionString: mesher.databaseUrl })
  await client.connect()
  // Until there are invitations: a second account the way the first came to be, and its membership.
  await client.query(
    `with ada as (select * from "user" where email = 'ada@example.org'),
          mel as (insert into "user" (id, name, email) values ('mel', 'Mel', 'mel@example.org') returning id),
          password as (insert into account (id, account_id, provider_id, user_id, password)
                       select 'mel', 'mel', a.provider_id, 'mel', a.password from account a join ada on ada.id = a.user_id)
     insert into member (organization_id, user_id, role) select o.id, mel.id, 'member' from organization o, mel where slug = $1`,
    [org],
  )
  await client.end()
  const context = await browser.newContext({ baseURL: mesher.url })
  const theirs = await context.newPage()
  const answer = await theirs.request.post('/api/auth/sign-in/email', {
    data: { email: 'mel@example.org', password: PASSWORD },
    headers: { origin: mesher.url },
  })
  expect(answer.status()).toBe(200)
  await goto(theirs, `${settings}/limits`)
  await expect(theirs.getByText('You can look, not change')).toBeVisible()
  await expect(theirs.getByLabel('Share of events to store', { exact: true })).toBeDisabled()
  await expect(theirs.getByRole('button', { name: 'Save' })).toHaveCount(0)
  await goto(theirs, `${settings}/scrubbing`)
  await expect(theirs.getByRole('switch', { name: 'Filter secrets' })).toBeDisabled()
  await expect(theirs.getByText(/can try settings on an event/)).toBeVisible()
  await goto(theirs, `${settings}/outcomes`)
  await expect(theirs.getByRole('button', { name: /^Stored/ })).toBeVisible()
  await context.close()
})
