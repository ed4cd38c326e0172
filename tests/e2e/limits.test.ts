// The limits of a project and of a key: set in the settings, with what is wrong said beside the field.
import { expect, test } from '../support/end-to-end.ts'
import { expectAccessible } from '../support/accessible.ts'

const PHONE = { width: 390, height: 844 }

test.use({ ownServer: true })

test('UI-07 UI-08 limits of a project and of a key are set in its settings', async ({ page, mesher }) => {
  const post = async (path: string, data: unknown) => {
    const answer = await page.request.post(path, { data, headers: { origin: mesher.url } })
    expect(answer.ok(), await answer.text()).toBe(true)
    return answer.json()
  }
  await post('/api/auth/sign-up/email', {
    name: 'Ada',
    email: 'ada@example.org',
    password: 'analytical engine',
  })
  const { slug: org } = await post('/api/v1/orgs', { name: 'Acme' })
  const { slug, id } = await post(`/api/v1/orgs/${org}/projects`, { name: 'Web shop', platform: 'vue' })
  await page.goto(`/${org}/${slug}/settings/limits`, { waitUntil: 'networkidle' })

  await test.step('the rate limit of the project', async () => {
    const section = page.getByRole('region', { name: 'Rate limit' })
    const field = section.getByLabel('Events a minute')
    await expect(field).toHaveValue('6000')
    await expect(section.getByRole('button', { name: 'Save' })).toBeDisabled()
    await field.fill('lots')
    await field.blur()
    await expect(section.getByText('Write a whole number, digits only.')).toBeVisible()
    await field.fill('99999999')
    await expect(section.getByText('Ten million at most: write 0 for no limit.')).toBeVisible()
    await field.fill('1200')
    await field.press('Enter')
    const notifications = page.getByRole('region', { name: /^Notifications/ })
    await expect(
      notifications.getByText('6,000 events a minute before, 1,200 events a minute within'),
    ).toBeVisible()
    await expect(section.getByRole('button', { name: 'Save' })).toBeDisabled()
    const saved = await (await page.request.get(`/api/v1/projects/${id}`)).json()
    expect(saved.rateLimitPerMinute).toBe(1_200)
  })

  const dialog = page.getByRole('dialog', { name: 'Edit “Default”' })
  await test.step('a key: what is wrong is said beside its field', async () => {
    await page.goto(`/${org}/${slug}/settings/keys`, { waitUntil: 'networkidle' })
    await page.getByRole('button', { name: 'Edit Default' }).click()
    await expect(dialog.getByText("within the project's 1,200")).toBeVisible()
    await dialog.getByLabel('Label').fill(' ')
    await dialog.getByLabel('Allowed origins').fill('https://shop.example.org\nshop')
    await dialog.getByLabel('Events a minute').fill('0')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(dialog.getByText('Give it a label.')).toBeVisible()
    await expect(
      dialog.getByText('“shop” is not an origin. Write it like https://shop.example.org.'),
    ).toBeVisible()
    await expect(dialog.getByText('Write 1 or more, or nothing.')).toBeVisible()
    await expectAccessible(page, 'the dialog with its errors')
  })

  await test.step('and what is right is kept', async () => {
    await dialog.getByLabel('Label').fill('Shop window')
    await dialog.getByLabel('Allowed origins').fill('https://Shop.example.org/\nhttps://*.example.org')
    await dialog.getByLabel('Events a minute').fill('600')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(dialog).toBeHidden()
    await expect(
      page.getByText('only from https://shop.example.org and 1 more · at most 600 events a minute'),
    ).toBeVisible()
    await page.getByRole('button', { name: 'Edit Shop window' }).click()
    const again = page.getByRole('dialog', { name: 'Edit “Shop window”' })
    await expect(again.getByLabel('Allowed origins')).toHaveValue(
      'https://shop.example.org\nhttps://*.example.org',
    )
    await again.getByLabel('Allowed origins').fill('')
    await again.getByLabel('Events a minute').fill('')
    await again.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByText('at most 600 events a minute')).toBeHidden()
  })

  await test.step('UI-01 on a phone nothing moves sideways', async () => {
    await page.setViewportSize(PHONE)
    await page.reload()
    await expect(page.getByRole('button', { name: 'Edit Shop window' })).toBeVisible()
    await expectAccessible(page, 'settings on a phone')
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    ).toBeLessThanOrEqual(0)
  })
})
