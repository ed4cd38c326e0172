// The events explorer: searched, zoomed, opened row by row, in columns of one's choice, taken along as a file.
import fs from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { until } from '../support/until.ts'
import { expectAccessible } from '../support/accessible.ts'

test.use({ ownServer: true })

const MANY = 200

/** A signed-in owner and a project with many quiet events and a loud one. */
async function settle(page: Page, { url }: Mesher) {
  const post = async <T>(
    path: string,
    data: unknown,
    headers: Record<string, string> = { origin: url },
  ): Promise<T> => {
    const answer = await page.request.post(path, { data, headers })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  const account = { name: 'Ada Lovelace', email: 'ada@example.org', password: 'analytical engine' }
  await post('/api/auth/sign-up/email', account)
  const org = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const project = await post<{ id: string; slug: string; dsn: string }>(`/api/v1/orgs/${org.slug}/projects`, {
    ...{ name: 'Web shop', platform: 'node' },
  })
  const quiet = Array.from({ length: MANY }, (_, i) => ({
    ...{ message: 'Cart is empty', level: 'warning', tags: { browser: 'Firefox', row: `n${i}` } },
  }))
  const headers = { 'x-mesher-key': new URL(project.dsn).username }
  await post('/api/v1/events/bulk', quiet, headers)
  const loud = {
    message: '=Payment refused <b>',
    level: 'error',
    release: 'web@1',
    tags: { browser: 'Chrome' },
  }
  await post('/api/v1/events', loud, headers)
  const volume = async () =>
    (await (await page.request.get(`/api/v1/projects/${project.id}/stats/volume`)).json()) as {
      total: number
    }
  await until(async () => (await volume()).total === MANY + 1, 15_000)
  return `/${org.slug}/${project.slug}`
}

const rowsOf = (page: Page) =>
  page.getByRole('list', { name: 'Events', exact: true }).locator('[data-list-row]')

test('EVENTS-01 EVENTS-02 events are searched, opened in place, read to the last one, and the chart zooms', async ({
  page,
  mesher,
}) => {
  const project = await settle(page, mesher)
  await page.goto(project, { waitUntil: 'networkidle' })
  // DASH-03: the figure leads to the list that has as many.
  const figure = page.getByRole('list', { name: 'Health' }).getByRole('link', { name: /^Events 201/ })
  await figure.click()
  await expect(page).toHaveURL(new RegExp(`${project}/events`))
  await expect(page.getByText('201 events')).toBeVisible()
  const rows = rowsOf(page)
  await expect(rows.first()).toContainText('=Payment refused <b>')
  await expectAccessible(page)

  // Only what is in sight is in the document; going down reads on, to the end.
  expect(await rows.count()).toBeLessThan(60)
  await expect(async () => {
    await rows.last().scrollIntoViewIfNeeded()
    await expect(page.getByText('No more events in this time.')).toBeVisible({ timeout: 300 })
  }).toPass()
  await expect(page.locator(`[aria-posinset="${MANY + 1}"]`)).toBeVisible()
  expect(await rows.count()).toBeLessThan(80)

  // By keyboard: down, open in place, add a tag to the search.
  await page.keyboard.press('/')
  const box = page.getByRole('combobox', { name: 'Search events' })
  await box.fill('payment')
  await box.press('Enter')
  await expect(rows).toHaveCount(1)
  await expect(page.getByText('1 event', { exact: true })).toBeVisible()
  await page.getByText('Drag over bars').click()
  await page.keyboard.press('j')
  await expect(rows.first()).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(rows.first()).toHaveAttribute('aria-expanded', 'true')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'browser Chrome' }).click()
  await expect(page).toHaveURL(/q=payment\+(tag%5Bbrowser%5D|browser)/i)
  await expect(rows).toHaveCount(1)
  await box.fill('nowhere')
  await box.press('Enter')
  await expect(page.getByRole('heading', { name: 'No event matches' })).toBeVisible()
  await page.getByRole('button', { name: 'Clear search', exact: true }).last().click()
  await expect(page.getByText('201 events')).toBeVisible()

  // The left half of the range holds nothing; back again.
  const chart = page.getByRole('img', { name: /^Events by level over time: 201 in all/ })
  const area = (await chart.boundingBox())!
  await page.mouse.move(area.x + area.width * 0.2, area.y + 60)
  await page.mouse.down()
  await page.mouse.move(area.x + area.width * 0.4, area.y + 60, { steps: 5 })
  await page.mouse.up()
  await expect(page).toHaveURL(/since=/)
  await expect(page.getByRole('heading', { name: 'No events' })).toBeVisible()
  await page.getByRole('button', { name: 'Whole range' }).click()
  await expect(rows.first()).toBeVisible()
  // And on to the event itself.
  await rows.first().focus()
  await page.keyboard.press('o')
  await expect(page).toHaveURL(/\/issues\/\d+\/events\/[0-9a-f]{32}/)
})

test('EVENTS-01 EVENTS-03 columns are chosen and remembered, and the file has them', async ({
  page,
  mesher,
}) => {
  const project = await settle(page, mesher)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto(`${project}/events?q=payment`, { waitUntil: 'networkidle' })
  const rows = rowsOf(page)
  await expect(rows).toHaveCount(1)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Release' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'browser' }).click()
  await page.keyboard.press('Escape')
  await expect(rows.first()).toContainText('Chrome')
  await expect(rows.first()).not.toContainText('web@1')
  // Without the address, from memory.
  await page.goto(`${project}/events?q=payment`, { waitUntil: 'networkidle' })
  await expect(rows.first()).toContainText('Chrome')
  await expect(rows.first()).not.toContainText('web@1')

  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'CSV, these columns' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^web-shop-events-[\d-]+\.csv$/)
  const [head, row, ...rest] = (await fs.readFile(await download.path(), 'utf8')).split('\r\n')
  expect(head).toBe('time,level,title,issue,environment,user,browser')
  expect(row).toMatch(/,error,'=Payment refused <b>,WEB-SHOP-\w+,production,,Chrome$/)
  expect(rest).toEqual([''])
})
