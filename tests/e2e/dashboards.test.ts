// Dashboards: a part of the chart becomes the range and leads back, figures lead to lists of as many issues, tags and
// tables say the same in words.
import type { Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { until } from '../support/until.ts'
import { expectAccessible } from '../support/accessible.ts'

test.use({ ownServer: true })

/** The opaque colours of a canvas. */
function coloursOf(element: Element): string[] {
  const canvas = element as HTMLCanvasElement
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
  const found = new Set<string>()
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] === 255) found.add(data.slice(at, at + 3).join(','))
  return [...found]
}

/** A signed-in owner with an organisation, a loud project with three kinds of events, and a silent one. */
async function settle(page: Page, { url }: Mesher) {
  const post = async <T>(path: string, data: unknown): Promise<T> => {
    const answer = await page.request.post(path, { data, headers: { origin: url } })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  const account = { name: 'Ada Lovelace', email: 'ada@example.org', password: 'analytical engine' }
  await post('/api/auth/sign-up/email', account)
  const org = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const make = (name: string) =>
    post<{ id: string; slug: string; dsn: string }>(`/api/v1/orgs/${org.slug}/projects`, {
      name,
      platform: 'node',
    })
  await make('A silent one')
  const project = await make('Web shop')
  for (const [i, message] of ['Cart is empty', 'Payment refused', 'Out of stock'].entries()) {
    await page.request.post('/api/v1/events', {
      data: {
        message,
        level: i === 0 ? 'warning' : 'error',
        release: 'web@1',
        tags: { browser: i === 0 ? 'Firefox' : 'Chrome', region: 'north' },
      },
      headers: { 'x-mesher-key': new URL(project.dsn).username },
    })
  }
  const volume = async () =>
    (await (await page.request.get(`/api/v1/projects/${project.id}/stats/volume`)).json()) as {
      total: number
    }
  await until(async () => (await volume()).total === 3, 10_000)
  return { org: `/${org.slug}`, project: `/${org.slug}/${project.slug}` }
}

test('DASH-02 DASH-03 DASH-04 dragging over the chart zooms in, figures and tags follow, and there is a way back', async ({
  page,
  mesher,
}) => {
  const { project } = await settle(page, mesher)
  await page.goto(project, { waitUntil: 'networkidle' })
  const health = page.getByRole('list', { name: 'Health' })
  await expect(health.getByRole('link', { name: /^New 3/ })).toBeVisible()
  const tags = page.getByRole('region', { name: 'Tags' })
  await expect(tags.getByText('Of all 3 stored events')).toBeVisible()
  await expectAccessible(page)

  // The right half holds the events of just now, the left half none.
  const chart = page.getByRole('img', { name: /^Events by level over time: 3 in all/ })
  const box = (await chart.boundingBox())!
  const drag = async (from: number, to: number) => {
    await page.mouse.move(box.x + box.width * from, box.y + 60)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * to, box.y + 60, { steps: 5 })
    await page.mouse.up()
  }
  await test.step('bars are drawn in the colours of their levels, in both themes, with less motion too', async () => {
    for (const [colorScheme, colours] of [
      ['dark', ['242,114,119', '237,164,55']],
      ['light', ['224,70,76', '208,122,8']],
    ] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await expect
        .poll(() => chart.locator('canvas').evaluate(coloursOf))
        .toEqual(expect.arrayContaining([...colours]))
    }
  })

  await drag(0.2, 0.5)
  await expect(page).toHaveURL(/since=.*until=/)
  await expect(page.getByRole('img', { name: /^Events by level over time: 0 in all/ })).toBeVisible()
  await expect(tags.getByText('No events in range.')).toBeVisible()
  await page.goBack()
  await expect(chart).toBeVisible()

  await drag(0.6, 0.99)
  await expect(page).toHaveURL(/since=.*until=/)
  await expect(chart).toBeVisible()
  await page.reload()
  await expect(chart).toBeVisible()
  await page.getByRole('button', { name: 'Whole range' }).click()
  await expect(page).not.toHaveURL(/until=/)

  // Without a mouse: each row of the table is a bar.
  await page.getByRole('button', { name: 'Show as table' }).click()
  const row = page.getByRole('row').nth(1)
  await row.getByRole('button').focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/since=.*until=/)

  // Another range is a way out too.
  await page.getByRole('button', { name: /^Time range/ }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Last 7 days' }).click()
  await expect(page).toHaveURL(/range=7d/)
  await expect(page).not.toHaveURL(/until=/)
  await expect(health.getByRole('link', { name: /^New 3/ })).toHaveAttribute('href', /q=is:new|q=is%3Anew/)
})

test('DASH-04 DASH-05 the organisation lists its projects by events, and any tag can be looked at', async ({
  page,
  mesher,
}) => {
  const { org, project } = await settle(page, mesher)
  await page.goto(org, { waitUntil: 'networkidle' })
  const cards = page.getByRole('article')
  await expect(cards).toHaveCount(2)
  await expect(cards.first()).toContainText('Web shop')
  await expect(cards.first()).toContainText('3 events')
  await expect(cards.first().getByRole('link', { name: '3 new' })).toHaveAttribute('href', /is(:|%3A)new/)
  await expectAccessible(page)

  await page.goto(project, { waitUntil: 'networkidle' })
  const tags = page.getByRole('region', { name: 'Tags' })
  await expect(tags.getByText('Chrome')).toBeVisible()
  await tags.getByRole('button', { name: 'Tag' }).click()
  await page.getByRole('option', { name: 'region' }).click()
  await expect(tags.getByText('north')).toBeVisible()
})

test('DASH-06 an issue shows the release that began while it happened', async ({ page, mesher }) => {
  const { project } = await settle(page, mesher)
  await page.goto(`${project}/issues`, { waitUntil: 'networkidle' })
  await page
    .getByRole('link', { name: /Out of stock/ })
    .first()
    .click()
  const events = page.getByRole('region', { name: 'Events', exact: true })
  await events.getByRole('button', { name: 'Table' }).click()
  await expect(events.getByText('Release web@1 began')).toBeVisible()
})
