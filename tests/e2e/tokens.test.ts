// API tokens and the audit log as an admin meets them: an empty page that says what a token is for, making one, using
// it from outside, revoking it, and reading afterwards who did what.
import type { Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'

test.use({ ownServer: true })

async function settle(page: Page, { url }: Mesher): Promise<string> {
  const post = async (path: string, data: unknown) => {
    const answer = await page.request.post(path, { data, headers: { origin: url } })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as { slug: string }
  }
  const who = { name: 'Ada', email: 'ada@example.org', password: 'analytical engine' }
  await post('/api/auth/sign-up/email', who)
  return (await post('/api/v1/orgs', { name: 'Acme' })).slug
}

test('ORG-06 UI-03 UI-07: a token is made, shown once, used, revoked, and told of in the audit log', async ({
  page,
  mesher,
}) => {
  const org = await settle(page, mesher)
  const outside = (token: string, method: string, path: string, body?: unknown) =>
    fetch(`${mesher.url}/api/v1/orgs/${org}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  await page.goto(`/${org}/settings/tokens`, { waitUntil: 'networkidle' })
  await expect(page.getByText('No API tokens yet')).toBeVisible()
  await expect(page.getByText(`${mesher.url}/api/v1/orgs/${org}/projects`)).toBeVisible()

  await page.getByRole('button', { name: 'New token' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Create token' }).click()
  await expect(dialog.getByText('Give it a name.')).toBeVisible()
  await dialog.getByLabel('Name').fill('Nightly <b>report</b>')
  await dialog.getByRole('checkbox', { name: 'Read' }).uncheck()
  await dialog.getByRole('button', { name: 'Create token' }).click()
  await expect(dialog.getByText('Choose what it may do.')).toBeVisible()
  await dialog.getByRole('checkbox', { name: 'Manage projects' }).check()
  await dialog.getByRole('checkbox', { name: 'Read' }).check()
  await dialog.getByRole('button', { name: 'Create token' }).click()

  const secret = dialog.getByTestId('token-secret')
  await expect(secret).toHaveText(/^msh_[\w-]{43}$/)
  const token = (await secret.textContent())!
  // A click beside the dialog does not lose it.
  await page.mouse.click(5, 5)
  await expect(secret).toBeVisible()
  expect((await outside(token, 'POST', '/projects', { name: 'Made outside' })).status).toBe(201)
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await expect(dialog).toBeHidden()

  await page.reload({ waitUntil: 'networkidle' })
  const row = page.getByRole('row').filter({ hasText: 'Nightly <b>report</b>' })
  await expect(row).toContainText(`${token.slice(0, 8)}…`)
  await expect(row).toContainText('Manage projects')
  await expect(row).toContainText('by Ada')
  expect(await page.content()).not.toContain(token)
  await row.getByRole('button', { name: /^Revoke/ }).click()
  await dialog.getByRole('button', { name: 'Revoke token' }).click()
  await expect(page.getByText('No API tokens yet')).toBeVisible()
  expect((await outside(token, 'GET', '/projects')).status).toBe(401)

  await page.goto(`/${org}/settings/audit`, { waitUntil: 'networkidle' })
  const lines = page.getByRole('region', { name: 'Audit log' }).getByRole('listitem')
  await expect(lines.nth(0)).toContainText('Ada revoked the API token Nightly <b>report</b>')
  await expect(lines.nth(1)).toContainText('Ada created the project Made outside')
  await expect(lines.nth(1)).toContainText('with the API token Nightly <b>report</b>')
  await expect(lines.nth(2)).toContainText('Ada made the API token')
  await expect(lines.nth(2)).toContainText('Manage projects · Read · for 90 days')
  await expect(lines.last()).toContainText('Ada created the organisation Acme')
})

test('UI-03: older lines of the audit log come when they are asked for, each once', async ({
  page,
  mesher,
}) => {
  const org = await settle(page, mesher)
  for (let n = 1; n <= 60; n++) {
    const made = await page.request.post(`/api/v1/orgs/${org}/projects`, {
      data: { name: `Project ${n}` },
      headers: { origin: mesher.url },
    })
    expect(made.status()).toBe(201)
  }
  await page.goto(`/${org}/settings/audit`, { waitUntil: 'networkidle' })
  const lines = page.getByRole('region', { name: 'Audit log' }).getByRole('listitem')
  await expect(lines).toHaveCount(50)
  await page.getByRole('button', { name: 'Older entries' }).click()
  await expect(lines).toHaveCount(61)
  await expect(page.getByRole('button', { name: 'Older entries' })).toBeHidden()
  const words = (await lines.allTextContents()).map((text) => /Project \d+/.exec(text)?.[0])
  expect(new Set(words).size).toBe(61)
})
