// Deleting, by the dialogs: nothing goes before its name is typed, and what is removed shows how far that is.
import type { Page } from '@playwright/test'
import pg from 'pg'
import { expect, test, type Mesher } from '../support/end-to-end.ts'

test.use({ ownServer: true })

/** A signed-in owner with an organisation, a project and an event in it. */
async function settle(page: Page, { url }: Mesher) {
  const post = async <T>(path: string, data: unknown): Promise<T> => {
    const answer = await page.request.post(path, { data, headers: { origin: url } })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  await post('/api/auth/sign-up/email', {
    name: 'Ada',
    email: 'ada@example.org',
    password: 'analytical engine',
  })
  const { slug: org } = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const project = await post<{ id: string; slug: string; dsn: string }>(`/api/v1/orgs/${org}/projects`, {
    name: 'Web shop',
    platform: 'vue',
  })
  await page.request.post('/api/v1/events', {
    data: { message: 'Payment failed' },
    headers: { 'x-mesher-key': new URL(project.dsn).username },
  })
  return { org, id: Number(project.id), settings: `/${org}/${project.slug}/settings` }
}

const goto = (page: Page, path: string) => page.goto(path, { waitUntil: 'networkidle' })

test('ORG-01 UI-07: a project goes when its name was typed, and its removal can be watched', async ({
  page,
  mesher,
}) => {
  const { org, id, settings } = await settle(page, mesher)
  const pool = new pg.Pool({ connectionString: mesher.databaseUrl, max: 1 })
  await expect
    .poll(async () => (await pool.query('select 1 from stored_day where project_id = $1', [id])).rowCount)
    .toBe(1)
  await goto(page, settings)
  await page.getByRole('button', { name: 'Delete project' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete Web shop?' })
  await expect(dialog.getByText('1 issue and 1 event')).toBeVisible()
  const button = dialog.getByRole('button', { name: 'Delete project' })
  await expect(button).toBeDisabled()
  await dialog.getByLabel('Type web-shop to confirm').fill('web')
  await expect(button).toBeDisabled()
  await dialog.getByLabel('Type web-shop to confirm').fill('web-shop')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/${org}$`))
  await expect(page.getByText('Web shop is deleted', { exact: true }).first()).toBeVisible()
  await goto(page, `/${org}/settings`)
  const panel = page.getByRole('region', { name: 'Being removed' })
  await expect(panel.getByText('0 of 1 events')).toBeVisible()
  await expect(panel.getByText('Removed')).toBeVisible({ timeout: 40_000 })
  expect((await page.request.get(`/api/v1/projects/${id}`)).status()).toBe(404)

  await page.getByRole('button', { name: 'Delete organisation' }).click()
  const last = page.getByRole('dialog', { name: 'Delete Acme?' })
  await last.getByLabel('Type acme to confirm').fill('acme')
  await last.getByRole('button', { name: 'Delete organisation' }).click()
  await expect(page).toHaveURL(/\/new$/)
  await pool.end()
})

test('ORG-01: a key is replaced and the old one deleted', async ({ page, mesher }) => {
  const { settings } = await settle(page, mesher)
  await goto(page, `${settings}/keys`)
  const more = page.getByRole('button', { name: 'More for Default' })
  await more.click()
  await expect(page.getByRole('menuitem', { name: 'Delete (not the last active key)' })).toBeDisabled()
  await page.getByRole('menuitem', { name: 'Make a new one in its place' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make the new key' }).click()
  await expect(more).toHaveCount(2)
  await more.first().click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete key' }).click()
  await expect(more).toHaveCount(1)
})
