// Triage: a list of issues is worked through by keyboard and in heaps, and what the server refuses is not pretended.
import type { APIResponse, Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { until } from '../support/until.ts'

test.use({ ownServer: true })

interface Place {
  url: string
  /** Address of the project's pages. */
  path: string
  /** Of its API. */
  api: string
  dsn: string
}

const json = async <T>(answer: Promise<APIResponse>): Promise<T> => {
  const got = await answer
  expect(got.ok(), await got.text()).toBe(true)
  return (await got.json()) as T
}

/** A signed-in owner with an organisation and a project. */
async function settle(page: Page, { url }: Mesher): Promise<Place> {
  const post = <T>(address: string, data: unknown) =>
    json<T>(page.request.post(address, { data, headers: { origin: url } }))
  const account = { name: 'Ada Lovelace', email: 'ada@example.org', password: 'analytical engine' }
  await post('/api/auth/sign-up/email', account)
  const org = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const project = await post<{ id: string; slug: string; dsn: string }>(`/api/v1/orgs/${org.slug}/projects`, {
    name: 'Web shop',
    platform: 'node',
  })
  return {
    url,
    path: `/${org.slug}/${project.slug}`,
    api: `/api/v1/projects/${project.id}`,
    dsn: project.dsn,
  }
}

async function send({ dsn }: Place, event: Record<string, unknown>): Promise<void> {
  const { username: key, origin } = new URL(dsn)
  const answer = await fetch(`${origin}/api/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mesher-key': key },
    body: JSON.stringify(event),
  })
  expect(answer.status, await answer.text()).toBe(202)
}

interface Listed {
  id: string
  title: string
  eventCount: number
  shortId: string
  version: number
}
const issuesOf = async (page: Page, { api }: Place, status = 'unresolved') =>
  (await json<{ data: Listed[] }>(page.request.get(`${api}/issues?status=${status}&limit=100`))).data

const NAMES = ['Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon', 'Zeta']
/** One event each, so many issues; waits until they are listed. */
async function breakIn(page: Page, place: Place, names: readonly string[]): Promise<void> {
  for (const type of names) await send(place, { exception: { values: [{ type, value: `${type} broke` }] } })
  await until(async () => (await issuesOf(page, place)).length >= names.length, 20_000)
}

const rowsOf = (page: Page) => page.locator('[data-list-row]')
const rowOf = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: `${name} broke` })
const toast = (page: Page, text: string | RegExp) => page.getByText(text, { exact: typeof text === 'string' })
const bar = (page: Page) => page.getByRole('toolbar', { name: 'Chosen issues' })

/** A dialog that closes has them until it is gone and the focus is back. */
const untilKeysAreThePages = (page: Page) =>
  expect
    .poll(() =>
      page.evaluate(
        () =>
          document.querySelector('[role=dialog],[role=menu]') === null &&
          !document.activeElement?.matches('input,textarea'),
      ),
    )
    .toBe(true)

test('UI-07 UI-08 the list is worked through by keyboard, and taken back', async ({ page, mesher }) => {
  const place = await settle(page, mesher)
  await breakIn(page, place, NAMES.slice(0, 3))
  await page.goto(`${place.path}/issues`)
  await expect(rowsOf(page)).toHaveCount(3)

  await test.step('e resolves the row in hand, and the next one comes into the hand', async () => {
    await page.keyboard.press('j')
    const first = await rowsOf(page).first().innerText()
    await page.keyboard.press('e')
    await expect(rowsOf(page)).toHaveCount(2)
    await expect(rowsOf(page).first()).toBeFocused()
    await expect(toast(page, /^Resolved WEB-SHOP-/)).toBeVisible()
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await expect(toast(page, /^Undone: reopened WEB-SHOP-/)).toBeVisible()
    await expect(rowsOf(page)).toHaveCount(3)
    await expect(rowOf(page, first.match(/(\w+) broke/)![1]!)).toBeVisible()
  })

  await test.step('x chooses rows, shift a range, Escape lets go', async () => {
    await rowsOf(page).first().focus()
    await page.keyboard.press('x')
    await expect(bar(page)).toContainText('1 selected')
    await page
      .getByRole('checkbox', { name: /^Select WEB-SHOP-/ })
      .last()
      .click({ modifiers: ['Shift'] })
    await expect(bar(page)).toContainText('3 selected')
    await page.keyboard.press('Escape')
    await expect(bar(page)).toHaveCount(0)
    await page.getByRole('checkbox', { name: 'Select all on this page' }).click()
    await expect(bar(page)).toContainText('3 selected')
    await page.getByRole('button', { name: 'Clear selection' }).click()
  })

  await test.step('in a field, keys are letters', async () => {
    await page.keyboard.press('/')
    await page.keyboard.type('alpha e')
    await expect(page.getByRole('combobox', { name: 'Search issues' })).toHaveValue('alpha e')
    await page.getByRole('button', { name: 'Clear search' }).click()
    await page.getByRole('combobox', { name: 'Search issues' }).blur()
    await expect(rowsOf(page)).toHaveCount(3)
  })

  await test.step('? lists what works here, and nothing else', async () => {
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await expect(sheet).toContainText('Select')
    await expect(sheet).not.toContainText('Older event')
    // What lies below the sheet does not move.
    await page.keyboard.press('e')
    await page.keyboard.press('?')
    await expect(sheet).toHaveCount(0)
    await expect(rowsOf(page)).toHaveCount(3)
  })

  await test.step('on the page of an issue j and k go on through the list', async () => {
    const ids = await rowsOf(page).evaluateAll((rows) => rows.map((row) => row.getAttribute('data-list-row')))
    await rowsOf(page).first().click()
    await expect(page).toHaveURL(new RegExp(`/issues/${ids[0]}$`))
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog')).toContainText('Older event')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await page.keyboard.press('j')
    await expect(page).toHaveURL(new RegExp(`/issues/${ids[1]}$`))
    await page.keyboard.press('k')
    await expect(page).toHaveURL(new RegExp(`/issues/${ids[0]}$`))
    await page.keyboard.press('e')
    await expect(page.getByRole('region', { name: 'Activity' })).toContainText('Ada Lovelace resolved it')
    await page.keyboard.press('r')
    await expect(page.getByRole('region', { name: 'Activity' })).toContainText('Ada Lovelace reopened it')
  })
})

test('UI-07 what the server refuses comes back, with the reason', async ({ page, context, mesher }) => {
  const place = await settle(page, mesher)
  await breakIn(page, place, NAMES.slice(0, 2))
  // Without live news, which would show what others do before the key is pressed.
  await page.routeWebSocket('**/api/v1/live', (socket) => socket.close())
  await page.goto(`${place.path}/issues`)
  const alpha = rowOf(page, 'Alpha')
  await expect(alpha).toBeVisible()

  await test.step('nobody can be reached', async () => {
    await context.setOffline(true)
    await alpha.getByRole('link').focus()
    await page.keyboard.press('e')
    await expect(alpha).toContainText('Not changed: The server could not be reached.')
    await expect(toast(page, /was not changed$/)).toBeVisible()
    await context.setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(alpha).toHaveCount(0)
  })

  await test.step('somebody was faster', async () => {
    const beta = (await issuesOf(page, place)).find(({ title }) => title.includes('Beta'))!
    await json(
      page.request.patch(`${place.api}/issues/${beta.id}`, {
        data: { status: 'archived' },
        headers: { origin: place.url },
      }),
    )
    await rowOf(page, 'Beta').getByRole('link').focus()
    await page.keyboard.press('e')
    await expect(toast(page, 'Somebody was faster')).toBeVisible()
    await expect(
      toast(page, /^You archived it.* It is archived now; your change was not made\.$/),
    ).toBeVisible()
    await page.getByRole('button', { name: 'Resolve anyway' }).click()
    await expect(toast(page, `Resolved ${beta.shortId}`)).toBeVisible()
    expect((await issuesOf(page, place, 'resolved')).map(({ id }) => id)).toContain(beta.id)
  })
})

test('UI-08 the palette finds issues, acts on the page and remembers where one was', async ({
  page,
  mesher,
}) => {
  const place = await settle(page, mesher)
  await breakIn(page, place, NAMES.slice(0, 2))
  const alpha = (await issuesOf(page, place)).find(({ title }) => title.includes('Alpha'))!
  await page.goto(place.path, { waitUntil: 'networkidle' })
  const palette = page.getByRole('dialog', { name: 'Search' })

  // The palette comes with its first use: what is typed until it is there is not lost.
  const typed: PromiseWithResolvers<void> = Promise.withResolvers()
  await page.route('**/_nuxt/**', async (route) => {
    await typed.promise
    await route.continue()
  })
  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('alp')
  typed.resolve()
  await expect(palette.getByRole('textbox')).toBeFocused()
  await page.keyboard.type('ha')
  await palette.getByRole('option', { name: new RegExp(`Alpha.*${alpha.shortId}`) }).click()
  await expect(page).toHaveURL(new RegExp(`/issues/${alpha.id}$`))
  await page.unrouteAll({ behavior: 'wait' })
  await expect(page.getByRole('button', { name: 'Resolve', exact: true })).toBeVisible()

  await page.keyboard.press('ControlOrMeta+k')
  await page.keyboard.type('resolve')
  await palette.getByRole('option', { name: /^Resolve/ }).click()
  await expect(toast(page, `Resolved ${alpha.shortId}`)).toBeVisible()

  await untilKeysAreThePages(page)
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await expect(page).toHaveURL(new RegExp(`${place.path}$`))
  await page.keyboard.press('ControlOrMeta+k')
  await expect(palette.getByRole('option').first()).toContainText(alpha.shortId)
  await page.keyboard.type(alpha.shortId.toLowerCase())
  await expect(palette.getByRole('option', { name: /Alpha.*resolved/ })).toBeVisible()
})

// From here on: what the API of this release brings.

test('UI-07 many are changed at once, and each gets its own state back', async ({ page, mesher }) => {
  const place = await settle(page, mesher)
  await breakIn(page, place, NAMES)
  await page.goto(`${place.path}/issues`)
  await expect(rowsOf(page)).toHaveCount(NAMES.length)
  await page.getByRole('checkbox', { name: 'Select all on this page' }).click()
  await bar(page).getByRole('button', { name: 'Resolve' }).click()
  await expect(page.getByText('Nothing is broken')).toBeVisible()
  await expect(toast(page, 'Resolved 6 issues')).toBeVisible()

  // One of them is changed by hand before the undo: it is named and left alone.
  const resolved = await issuesOf(page, place, 'resolved')
  const beta = resolved.find(({ title }) => title.includes('Beta'))!
  await json(
    page.request.patch(`${place.api}/issues/${beta.id}`, {
      data: { archive: { until: 'forever' } },
      headers: { origin: place.url },
    }),
  )
  await page.getByRole('button', { name: 'Undo', exact: true }).click()
  await expect(toast(page, 'Undone: 5 issues are as before')).toBeVisible()
  await expect(toast(page, `${beta.shortId} (archived) changed since and was left as it is.`)).toBeVisible()
  await expect(rowsOf(page)).toHaveCount(5)
})

test('UI-07 an issue is archived until more happens, and given to a member', async ({ page, mesher }) => {
  const place = await settle(page, mesher)
  await breakIn(page, place, ['Alpha'])
  await page.goto(`${place.path}/issues`)
  await rowsOf(page).first().click()

  await page.getByRole('button', { name: 'Assign', exact: true }).click()
  await page.getByRole('menuitemcheckbox', { name: /Ada Lovelace/ }).click()
  await expect(page.getByRole('button', { name: 'Assigned to Ada Lovelace' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Activity' })).toContainText('Ada Lovelace took it')

  await page.getByRole('button', { name: 'Archive', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Until it happens again' }).press('ArrowRight')
  await page.getByRole('menuitem', { name: 'Other…' }).click()
  const form = page.getByRole('dialog', { name: 'Archive until it happens again' })
  await form.getByRole('textbox', { name: 'More events' }).fill('0')
  await form.getByRole('button', { name: 'Archive' }).click()
  await expect(form).toContainText('At least 1.')
  await form.getByRole('textbox', { name: 'More events' }).fill('50')
  await form.getByRole('button', { name: 'Archive' }).click()
  await expect(page.getByText('until 50 more events', { exact: true })).toBeVisible()

  // Keys are the dialog's until it is gone.
  await untilKeysAreThePages(page)
  await page.keyboard.press('a')
  await expect(page.getByText(/^until it escalates: more than \d+ events in one hour$/)).toBeVisible()
  await expect(page.getByText(/^Escalates above \d+ \/ hour$/)).toBeVisible()

  await page.goto(`${place.path}/issues?status=archived&assignee=me`)
  await expect(rowOf(page, 'Alpha')).toContainText('Assigned to Ada Lovelace')
  await page.goto(`${place.path}/issues?status=archived&assignee=none`)
  await expect(page.getByText('No issue matches')).toBeVisible()
})

test('UI-07 issues are merged and taken apart, one is discarded and brought back', async ({
  page,
  mesher,
}) => {
  const place = await settle(page, mesher)
  await breakIn(page, place, NAMES.slice(0, 3))
  const beta = (await issuesOf(page, place)).find(({ title }) => title.includes('Beta'))!
  await page.goto(`${place.path}/issues`)
  await rowOf(page, 'Alpha').getByRole('link').click()
  await page.getByRole('button', { name: 'More to do with this issue' }).click()
  await page.getByRole('menuitem', { name: 'Merge with…' }).click()
  const merging = page.getByRole('dialog', { name: /^Merge into WEB-SHOP-/ })
  await merging.getByRole('searchbox').fill('beta')
  await merging.getByRole('checkbox', { name: beta.shortId }).click()
  await merging.getByRole('button', { name: 'Merge 1 issue' }).click()
  await expect(page.getByText('Merged from 2 groups.')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Activity' })).toContainText(`merged ${beta.shortId} into it`)
  const alphaUrl = page.url()

  await test.step('the merged one leads to where it went', async () => {
    await page.goto(`${place.path}/issues/${beta.id}`)
    await expect(page).toHaveURL(alphaUrl)
  })

  await page.getByRole('checkbox', { name: `Take ${beta.shortId} out` }).click()
  await page.getByRole('button', { name: 'Unmerge' }).click()
  await expect(toast(page, `Unresolved again: ${beta.shortId}`)).toBeVisible()
  await expect(page.getByText('Merged from 2 groups.')).toHaveCount(0)

  await test.step('discarded, counted, brought back', async () => {
    await page.goto(`${place.path}/issues/${beta.id}`)
    await page.getByRole('button', { name: 'More to do with this issue' }).click()
    await page.getByRole('menuitem', { name: 'Discard…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
    await expect(page).toHaveURL(new RegExp(`${place.path}/issues$`))
    await expect(rowOf(page, 'Beta')).toHaveCount(0)
    await send(place, { exception: { values: [{ type: 'Beta', value: 'Beta broke' }] } })
    await page.goto(`${place.path}/settings/discarded`)
    await expect(async () => {
      await page.reload()
      await expect(page.getByRole('listitem').filter({ hasText: beta.shortId })).toContainText(
        '1 event since',
      )
    }).toPass()
    await page.getByRole('button', { name: `Bring ${beta.shortId} back` }).click()
    await expect(page.getByText('Nothing is discarded')).toBeVisible()
    await page.goto(`${place.path}/issues`)
    await expect(rowOf(page, 'Beta')).toBeVisible()
  })
})
