// From a program that breaks to the page that explains it: the unmodified Sentry SDKs for Node and for browsers, told a
// DSN and nothing else, and what the issue list and the issue page make of what they send.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { APIResponse, Page } from '@playwright/test'
import { build } from 'esbuild'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { until } from '../support/until.ts'
import { expectAccessible } from '../support/accessible.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const PROGRAMS = path.join(ROOT, 'tests', 'fixtures', 'programs')
const NODE = path.join(ROOT, 'node_modules', '.bin', 'node')
const PHONE = { width: 390, height: 844 }

test.use({ ownServer: true })

interface Place {
  /** Address of the project's pages. */
  path: string
  /** Of its API. */
  api: string
  dsn: string
}

/** A signed-in owner with an organisation and a project. */
async function settle(page: Page, { url }: Mesher): Promise<Place> {
  const post = async <T>(address: string, data: unknown): Promise<T> => {
    const answer = await page.request.post(address, { data, headers: { origin: url } })
    expect(answer.ok(), `${address}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  await post('/api/auth/sign-up/email', {
    name: 'Ada',
    email: 'ada@example.org',
    password: 'analytical engine',
  })
  const org = await post<{ slug: string }>('/api/v1/orgs', { name: 'Acme' })
  const project = await post<{ id: string; slug: string; dsn: string }>(`/api/v1/orgs/${org.slug}/projects`, {
    name: 'Web shop',
    platform: 'node',
  })
  return { path: `/${org.slug}/${project.slug}`, api: `/api/v1/projects/${project.id}`, dsn: project.dsn }
}

interface Row {
  id: string
  title: string
  eventCount: number
}

const json = async <T>(answer: Promise<APIResponse>): Promise<T> => (await (await answer).json()) as T

async function issues(page: Page, { api }: Place): Promise<Row[]> {
  return (await json<{ data: Row[] }>(page.request.get(`${api}/issues`))).data
}

/** Waits until an issue whose title has these words counts so many events; answers its id. */
async function issueWith(page: Page, place: Place, words: string, events = 1): Promise<string> {
  const found = async () =>
    (await issues(page, place)).find((row) => row.title.includes(words) && row.eventCount >= events)
  await until(async () => Boolean(await found()), 15_000)
  return (await found())!.id
}

async function runCheckout(dsn: string, ...flags: string[]): Promise<void> {
  const child = spawn(NODE, [path.join(PROGRAMS, 'checkout.cjs'), ...flags], {
    env: { PATH: process.env.PATH, SENTRY_DSN: dsn },
    stdio: 'ignore',
  })
  await new Promise((resolve) => child.once('exit', resolve))
}

async function sendEvent(dsn: string, event: Record<string, unknown>): Promise<void> {
  const { username: key, origin, pathname } = new URL(dsn)
  const answer = await fetch(`${origin}/api${pathname}/store/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${key}`,
    },
    body: JSON.stringify(event),
  })
  expect(answer.status, await answer.text()).toBeLessThan(300)
}

const expectNoSidewaysScroll = async (page: Page, what: string) =>
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    what,
  ).toBeLessThanOrEqual(0)

/** Thrown, refused by the security policy, or rendered differently than on the server. */
function collectFaults(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/the server responded with a status/.test(message.text()))
      faults.push(message.text())
  })
  return faults
}

test('DETAIL-01 DETAIL-02 DETAIL-03 DETAIL-04 DETAIL-05 DETAIL-06 DASH-06 a Node program that died is explained', async ({
  page,
  mesher,
}) => {
  test.slow()
  const faults = collectFaults(page)
  const place = await settle(page, mesher)
  await runCheckout(place.dsn, '--message', '--group')
  await runCheckout(place.dsn)
  const id = await issueWith(page, place, 'could not be placed', 2)

  await test.step('the list has the exception and the message, each once', async () => {
    await page.goto(`${place.path}/issues`)
    await expect(page.getByRole('link', { name: /Error Order 4711 could not be placed/ })).toHaveCount(1)
    await expect(page.getByRole('link', { name: /warning Stock of A-1 is low/ })).toHaveCount(1)
  })

  await page.getByRole('link', { name: /could not be placed/ }).click()
  await expect(page).toHaveURL(new RegExp(`${place.path}/issues/${id}$`))
  const exceptions = page.getByRole('region', { name: 'Exception' })

  await test.step('what was thrown comes first, then its cause', async () => {
    const chain = exceptions.getByRole('article')
    await expect(chain).toHaveCount(2)
    await expect(chain.first()).toContainText('Order 4711 could not be placed')
    await expect(chain.first()).toContainText('unhandled')
    await expect(chain.last()).toContainText('Caused by')
    await expect(chain.last()).toContainText('TypeError')
  })

  await test.step('the newest own frame is open with its source, library frames are folded', async () => {
    const stack = page.getByRole('group', { name: 'Stack of Error' })
    await expect(stack.getByRole('button', { name: /placeOrder/ })).toHaveAttribute('aria-expanded', 'true')
    await expect(stack.locator('[aria-current]').first()).toContainText(
      "throw new Error('Order 4711 could not be placed'",
    )
    await expect(stack.locator('mark').first()).toHaveText('new')
    const cause = page.getByRole('group', { name: 'Stack of TypeError' })
    await expect(cause.locator('[aria-current]').first()).toContainText(
      'order.payment.card.charge(order.total)',
    )
    await expect(stack.getByRole('button', { name: /\d+ library frames/ })).toHaveAttribute(
      'aria-expanded',
      'false',
    )
  })

  await test.step('what the variables held stands under the source', async () => {
    const variables = exceptions.getByLabel('Variables of this frame').first()
    await expect(variables).toContainText('order')
    await expect(variables).toContainText('129.5')
  })

  await test.step('what was cut, and files, which are not kept, are named', async () => {
    const changed = page.getByRole('region', { name: 'Changed on arrival' }).getByRole('listitem')
    await expect(changed.filter({ hasText: 'Dropped' })).toContainText(
      /1 file of \d+ bytes; files are not kept/,
    )
    await expect(changed.filter({ hasText: 'longer than 8192' })).toContainText(/Trimmed\s*extra/)
  })

  await test.step('the order of frames is switched and remembered', async () => {
    const frames = page
      .getByRole('group', { name: 'Stack of Error' })
      .getByRole('button', { name: /checkout\.cjs/ })
    await expect(frames.first()).toContainText('placeOrder')
    await exceptions.getByRole('button', { name: 'Newest call first' }).click()
    await expect(frames.last()).toContainText('placeOrder')
    await page.reload()
    await expect(frames.last()).toContainText('placeOrder')
    await exceptions.getByRole('button', { name: 'Oldest call first' }).click()
  })

  await test.step('breadcrumbs lead to the error, which is the last', async () => {
    const crumbs = page.getByRole('region', { name: 'Breadcrumbs' }).getByRole('listitem')
    await expect(crumbs.filter({ hasText: 'Item added to the cart' })).toContainText('sku: A-1')
    await expect(crumbs.filter({ hasText: 'Card was declined once' })).toContainText('warning')
    await expect(crumbs.last()).toContainText('Error: Order 4711 could not be placed')
    await expect(crumbs.last()).toContainText('0 s')
  })

  await test.step('breadcrumbs are filtered by kind, level and text, the error stays', async () => {
    const region = page.getByRole('region', { name: 'Breadcrumbs' })
    const filter = region.getByRole('group', { name: 'Filter breadcrumbs' })
    const crumbs = region.getByRole('listitem')
    const all = await crumbs.count()
    await filter.getByRole('textbox', { name: 'Find in breadcrumbs' }).fill('DECLINED')
    await expect(crumbs).toHaveCount(2)
    await expect(crumbs.first()).toContainText('Card was declined once')
    await expect(crumbs.last()).toContainText('Error: Order 4711 could not be placed')
    await filter.getByRole('textbox', { name: 'Find in breadcrumbs' }).fill('')
    await expect(crumbs).toHaveCount(all)
    await filter.getByRole('combobox', { name: 'Level of breadcrumbs' }).click()
    await page.getByRole('option', { name: 'Warning and worse' }).click()
    await expect(crumbs).toHaveCount(2)
    await filter.getByRole('combobox', { name: 'Level of breadcrumbs' }).click()
    await page.getByRole('option', { name: 'Any level' }).click()
    await filter.getByRole('button', { name: /^HTTP/ }).click()
    await expect(region).toContainText('4 of 6')
    await expect(crumbs.first()).toContainText('GET /cart → 200')
    await filter.getByRole('button', { name: /^HTTP/ }).click()
    await expect(crumbs).toHaveCount(all)
  })

  await test.step('the event and a frame are copied as text', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await page.getByRole('button', { name: 'Copy as text' }).click()
    await expect.poll(copied).toContain('Error: Order 4711 could not be placed')
    const text = await copied()
    expect(text).toMatch(/Link: http\S+\/events\/[0-9a-f]{32}\n/)
    expect(text).toContain('Caused by: TypeError')
    expect(text).toContain('Release: shop@1.4.2')
    expect(text).toContain('plan: enterprise')
    await page.getByRole('button', { name: 'Copy link to this event' }).click()
    await expect
      .poll(copied)
      .toMatch(new RegExp(`^${mesher.url}${place.path}/issues/${id}/events/[0-9a-f]{32}$`))
    const stack = page.getByRole('group', { name: 'Stack of Error' })
    await stack.getByRole('button', { name: 'Copy frame with source' }).first().click()
    await expect.poll(copied).toMatch(/^> +\d+ \| .*throw new Error\('Order 4711.*\n +\| +\^$/m)
  })

  await test.step('tags, user, contexts and extra are there; what was not sent is not', async () => {
    const tags = page.getByRole('region', { name: 'Tags' }).filter({ has: page.getByText('enterprise') })
    await expect(tags.first()).toContainText('plan')
    await expect(tags.first().getByRole('link', { name: 'enterprise' })).toHaveAttribute(
      'href',
      `${place.path}/issues?q=plan:enterprise`,
    )
    await expect(page.getByRole('region', { name: 'User' })).toContainText('jane')
    const contexts = page.getByRole('region', { name: 'Contexts' })
    await expect(contexts.getByRole('heading', { name: 'Runtime' })).toBeVisible()
    await expect(contexts).toContainText('EUR')
    await expect(page.getByRole('region', { name: 'Additional data' })).toContainText('attempt')
    await expect(page.getByRole('region', { name: 'Request' })).toHaveCount(0)
    await expect(page.getByText('shop@1.4.2').first()).toBeVisible()
  })

  await test.step('beside it stand the numbers, the tags of its events and why it is one issue', async () => {
    const about = page.getByRole('complementary', { name: 'About this issue' })
    await expect(about).toContainText('Of the newest 2 events.')
    await expect(about).toContainText('Why this is one issue')
    await expect(about).toContainText('placeOrder')
    await expect(about).toContainText('First seen')
    await expect(page.getByRole('region', { name: 'Events' })).toContainText('2 events in the last 14 days')
    await page.getByRole('button', { name: 'Table' }).click()
    const table = page.getByRole('region', { name: 'Events per bucket' })
    // Its head, the day, and the release that began on it.
    await expect(table.getByRole('row')).toHaveCount(3)
    await expect(table).toContainText('Release shop@1.4.2 began')
  })

  await test.step('the whole event can be read as JSON', async () => {
    const raw = page.getByRole('region', { name: 'Raw JSON', exact: true })
    await raw.getByRole('button', { name: 'Show' }).click()
    await expect(raw.locator('pre')).toContainText('"platform": "node"')
    await raw.getByRole('textbox', { name: 'Find in the JSON' }).fill('PLACEORDER')
    await expect(raw.locator('mark').first()).toHaveText('placeOrder')
    await expect(raw).toContainText(/1 of \d+/)
    await page.keyboard.press('Enter')
    await expect(raw).toContainText(/2 of \d+/)
    const download = page.waitForEvent('download')
    await raw.getByRole('button', { name: 'Download' }).click()
    const stored = JSON.parse(await readFile(await (await download).path(), 'utf8')) as { eventId: string }
    expect(stored.eventId).toMatch(/^[0-9a-f]{32}$/)
  })

  await test.step('one steps to the event before and back', async () => {
    const events = page.getByRole('navigation', { name: 'Events of this issue' })
    await expect(events).toContainText('1 of 2')
    await expect(page.getByRole('heading', { name: /Newest event/ })).toBeVisible()
    await events.getByRole('link', { name: 'Older event' }).click()
    await expect(page).toHaveURL(new RegExp(`/issues/${id}/events/[0-9a-f]{32}$`))
    await expect(page.getByRole('heading', { name: /^Event/ }).filter({ hasNotText: 'Events' })).toBeVisible()
    await expect(events.getByRole('link', { name: 'Older event' })).toHaveCount(0)
    await expect(events).toContainText('2 of 2')
    await page.reload()
    await events.getByRole('link', { name: 'Newer event' }).click()
    await expect(page.getByRole('heading', { name: /Newest event/ })).toBeVisible()
    await page.keyboard.press('h')
    await expect(events.getByRole('link', { name: 'Newest event' })).toBeVisible()
    await page.keyboard.press('>')
    await expect(page).toHaveURL(new RegExp(`/issues/${id}$`))
    await expect(events).toContainText('1 of 2')
    await page.keyboard.press('<')
    await expect(page).toHaveURL(new RegExp(`/issues/${id}/events/oldest$`))
    await expect(events).toContainText('2 of 2')
  })

  await test.step('a group of exceptions is a tree', async () => {
    await page.goto(`${place.path}/issues/${await issueWith(page, place, 'Labels could not be printed')}`)
    const tree = page.getByRole('navigation', { name: 'Exceptions of the group' })
    await expect(tree.getByRole('link')).toHaveCount(3)
    await expect(tree.getByRole('link', { name: /Printer is offline/ })).toBeVisible()
    await expect(tree.getByRole('link', { name: /RangeError: Paper is out/ })).toBeVisible()
  })

  await test.step('the message has its own issue, without an exception', async () => {
    const message = await issueWith(page, place, 'Stock of A-1 is low')
    await page.goto(`${place.path}/issues/${message}`)
    await expect(page.getByRole('region', { name: 'Message' })).toContainText('Stock of A-1 is low')
    // The SDK sends where it was logged.
    await expect(page.getByRole('region', { name: 'Stack', exact: true })).toContainText(
      'Sentry.captureMessage',
    )
  })
  expect(faults).toEqual([])
})

test('DETAIL-01 DETAIL-03 DETAIL-04 a page that broke in a browser is explained', async ({
  page,
  context,
  mesher,
}) => {
  const place = await settle(page, mesher)
  const bundle = await build({
    entryPoints: [path.join(PROGRAMS, 'shop-page.js')],
    bundle: true,
    write: false,
    format: 'iife',
  })
  const shop = http.createServer((request, response) => {
    if (request.url === '/shop.js') return response.end(bundle.outputFiles[0]!.text)
    response.setHeader('content-type', 'text/html')
    response.end(
      `<button>Buy</button><script>DSN = ${JSON.stringify(place.dsn)}</script><script src=/shop.js></script>`,
    )
  })
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
  try {
    const address = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`
    const visitor = await context.newPage()
    await visitor.goto(`${address}/?cart=9`)
    await visitor.getByRole('button', { name: 'Buy' }).click()

    const id = await issueWith(page, place, 'TypeError')
    await page.goto(`${place.path}/issues/${id}`)
    const stack = page.getByRole('group', { name: 'Stack of TypeError' })
    await expect(stack).toContainText('priceOf')
    await expect(stack).toContainText('/shop.js')
    const crumbs = page.getByRole('region', { name: 'Breadcrumbs' }).getByRole('listitem')
    await expect(crumbs.filter({ hasText: 'ui.click' })).toContainText('button')
    await expect(crumbs.filter({ hasText: 'console' })).toContainText('buying A-1')
    const request = page.getByRole('region', { name: 'Request' })
    await expect(request.getByRole('link', { name: new RegExp(address) })).toHaveAttribute('rel', /noopener/)
    await expect(request).toContainText('cart')
    await expect(request).toContainText('User-Agent')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await request.getByRole('button', { name: 'Copy as curl' }).click()
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toContain(`curl '${address}/?cart=9'`)
    await expect(page.getByRole('region', { name: 'Contexts' })).toContainText('Culture')
  } finally {
    shop.closeAllConnections()
    shop.close()
  }
})

test('an issue is resolved, undone, and not overwritten when somebody was faster', async ({
  page,
  mesher,
}) => {
  const place = await settle(page, mesher)
  await sendEvent(place.dsn, { message: 'The disk is full', level: 'fatal' })
  const id = await issueWith(page, place, 'The disk is full')
  // Without live news, which would show what others do before the click.
  await page.routeWebSocket('**/api/v1/live', (socket) => socket.close())
  await page.goto(`${place.path}/issues/${id}`)

  await page.getByRole('button', { name: 'Resolve', exact: true }).click()
  await expect(page.getByText('Resolved', { exact: true })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Activity' })).toContainText('Ada resolved it')
  await page.getByRole('button', { name: 'Undo', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Resolve', exact: true })).toBeVisible()

  // Somebody else archives it in the meantime.
  const answer = await page.request.patch(`${place.api}/issues/${id}`, {
    data: { status: 'archived' },
    headers: { origin: mesher.url },
  })
  expect(answer.ok()).toBe(true)
  await page.getByRole('button', { name: 'Resolve', exact: true }).click()
  await expect(page.getByText('Somebody was faster', { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Unarchive' })).toBeVisible()

  await page.goto(`${place.path}/issues?status=archived`)
  await expect(page.getByRole('link', { name: /The disk is full/ })).toBeVisible()
  await page.goto(`${place.path}/issues`)
  await expect(page.getByText('Nothing is broken')).toBeVisible()
})

test('UI-03 UI-08 the list is searched, filtered and walked by keyboard alone', async ({ page, mesher }) => {
  const place = await settle(page, mesher)
  await page.goto(`${place.path}/issues`)
  await expect(page.getByText('No events yet')).toBeVisible()
  await expect(page.getByRole('link', { name: 'Set up the SDK' })).toHaveAttribute(
    'href',
    `${place.path}/setup`,
  )

  await sendEvent(place.dsn, { exception: { values: [{ type: 'Alpha', value: 'first' }] } })
  await sendEvent(place.dsn, { exception: { values: [{ type: 'Beta', value: 'second' }] }, level: 'warning' })
  await issueWith(page, place, 'Alpha')
  const beta = await issueWith(page, place, 'Beta')
  await page.goto(`${place.path}/issues`)
  const rows = page.getByRole('link', { name: /^(error|warning) / })
  await expect(rows).toHaveCount(2)

  await page.keyboard.press('j')
  await expect(rows.first()).toBeFocused()
  await page.keyboard.press('j')
  await expect(rows.last()).toBeFocused()
  await page.keyboard.press('k')
  await expect(rows.first()).toBeFocused()

  await page.keyboard.press('/')
  const search = page.getByRole('combobox', { name: 'Search issues' })
  await expect(search).toBeFocused()
  await page.keyboard.type('beta')
  await expect(page).toHaveURL(/q=beta/)
  await expect(rows).toHaveCount(1)
  await search.fill('nothing like this')
  await expect(page.getByText('No issue matches')).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(rows).toHaveCount(2)
  await expect(search).toHaveValue('')

  await page.getByRole('combobox', { name: 'Level' }).click()
  await page.getByRole('option', { name: 'Warning' }).click()
  await expect(page).toHaveURL(/level=warning/)
  await expect(rows).toHaveCount(1)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/issues/${beta}$`))
})

test('SEARCH-04 UI-08 a search is completed by keyboard, and a mistake is marked', async ({
  page,
  mesher,
}) => {
  const place = await settle(page, mesher)
  await sendEvent(place.dsn, {
    exception: { values: [{ type: 'Alpha', value: 'first' }] },
    environment: 'staging',
    tags: { browser: 'Mobile Safari' },
  })
  await sendEvent(place.dsn, { exception: { values: [{ type: 'Beta', value: 'second' }] } })
  await issueWith(page, place, 'Alpha')
  await issueWith(page, place, 'Beta')
  await page.goto(`${place.path}/issues`)
  const rows = page.getByRole('link', { name: /^error / })
  await expect(rows).toHaveCount(2)
  const search = page.getByRole('combobox', { name: 'Search issues' })
  const option = (name: string) => page.getByRole('option', { name })

  // The rows are there before the page listens.
  await expect(async () => {
    await page.keyboard.press('/')
    await expect(search).toBeFocused({ timeout: 500 })
  }).toPass()
  await page.keyboard.type('envi')
  await expect(option('environment:')).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(search).toHaveValue('environment:')
  await expect(option('staging')).toBeVisible()
  await page.keyboard.type('sta')
  await page.keyboard.press('ArrowDown')
  await expect(option('staging')).toHaveAttribute('aria-selected', 'true')
  await expectAccessible(page, 'the search box, open')
  await page.keyboard.press('Enter')
  await expect(search).toHaveValue('environment:staging ')
  await expect(rows).toHaveCount(1)
  await expect(page).toHaveURL(/q=environment:staging/)

  await page.keyboard.type('brow')
  await expect(option('browser:')).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(option('Mobile Safari')).toBeVisible()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(search).toHaveValue('environment:staging browser:"Mobile Safari" ')
  await expect(page).toHaveURL(/Mobile/)
  await expect(rows).toHaveCount(1)

  await page.keyboard.type('level:high')
  await page.keyboard.press('Enter')
  await expect(page.getByText('Levels are fatal, error')).toBeVisible()
  await expect(search).toHaveAttribute('aria-invalid', 'true')
  await expect(page.locator('.decoration-wavy')).toHaveText('high')
  await page.keyboard.press('Escape')
  await expect(search).toHaveValue('')
  await expect(rows).toHaveCount(2)
})

const HOSTILE = {
  level: 'error',
  platform: 'javascript',
  exception: {
    values: [
      {
        type: '<img src=x onerror="window.pwned=1">',
        value: `${'مرحبا بالعالم '.repeat(10)}\u202Egnp.exe \u001B[31m ${'very long '.repeat(60)}`,
        stacktrace: {
          frames: Array.from({ length: 250 }, (_, n) => ({
            function: n % 3 ? `library${n}` : '<script>window.pwned=2</script>',
            filename: `/app/${'deep/'.repeat(30)}file-${n}.js`,
            lineno: n,
            in_app: n % 3 === 0,
            context_line: '</code><script>window.pwned=3</script>',
          })),
        },
      },
    ],
  },
  breadcrumbs: {
    values: Array.from({ length: 8 }, (_, n) => ({
      type: n % 2 ? '<img src=x onerror=window.pwned=8>' : 'http',
      category: '</li><script>window.pwned=9</script>',
      message: `</pre><script>window.pwned=10</script> \u001B[2J ${n}`,
      data: { '<b>key</b>': '$(id)' },
    })),
  },
  threads: {
    values: Array.from({ length: 9 }, (_, n) => ({
      id: n,
      name: `<svg onload=window.pwned=11>${n}`,
      crashed: n === 0,
      stacktrace: { frames: [{ function: '<i>f</i>' }] },
    })),
  },
  contexts: { '<u>card</u>': { '<u>name</u>': '<u>value</u>' }, broken: 'not an object' },
  tags: { link: 'javascript:window.pwned=4', markup: '"><svg onload=window.pwned=5>' },
  user: { id: '7', username: '{{ constructor.constructor("window.pwned=6")() }}' },
  request: {
    url: "https://shop.example/'$(id)'",
    method: 'POST',
    headers: {
      Authorization: 'Bearer sesame',
      Referer: 'javascript:window.pwned=7',
      'X-Quote': "'; touch /tmp/pwned; '",
    },
  },
  extra: { long: '<s>'.repeat(20_000), html: '<b>bold</b>', empty: '', nothing: null, no: false },
}

test('DETAIL-04 UI-01 UI-04 UI-08 a hostile event is only text, in every width and theme', async ({
  page,
  mesher,
}) => {
  // Eight screens, each looked through by axe.
  test.slow()
  const faults = collectFaults(page)
  const place = await settle(page, mesher)
  await sendEvent(place.dsn, HOSTILE)
  const id = await issueWith(page, place, 'img src')

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const size of [{ width: 1440, height: 900 }, PHONE]) {
      const what = `${colorScheme} at ${size.width}`
      await page.setViewportSize(size)
      await page.goto(`${place.path}/issues`)
      await expect(page.getByRole('link', { name: /<img src=x/ })).toBeVisible()
      await expectNoSidewaysScroll(page, `list, ${what}`)
      await expectAccessible(page, `list, ${what}`)
      await page.goto(`${place.path}/issues/${id}`)
      await expect(page.getByRole('region', { name: 'Exception' })).toContainText('‹U+202E›gnp.exe ‹ESC›[31m')
      await expectNoSidewaysScroll(page, `issue, ${what}`)
      await expectAccessible(page, `issue, ${what}`)
    }
  }

  await page.getByRole('button', { name: 'Show all 250 frames' }).click()
  await expectNoSidewaysScroll(page, 'all frames')
  await expect(page.locator('main a[href^="javascript"]')).toHaveCount(0)
  await expect(page.getByRole('region', { name: 'Additional data' })).toContainText('<b>bold</b>')
  await expect(page.getByRole('region', { name: 'Additional data' })).toContainText(/empty\s*empty/)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy as curl' }).click()
  const curl = await page.evaluate(() => navigator.clipboard.readText())
  expect(curl).toContain(`curl 'https://shop.example/'\\''$(id)'\\'''`)
  expect(curl).toContain(`'X-Quote: '\\''; touch /tmp/pwned; '\\'''`)

  await test.step('as text nothing of it hides', async () => {
    await page.getByRole('button', { name: 'Copy as text' }).click()
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await expect.poll(copied).toContain('Changed on arrival')
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    expect(await copied()).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/)
    expect(await copied()).toContain('‹ESC›[31m')
  })

  await test.step('what was changed stands beside what it was changed on', async () => {
    const extra = page.getByRole('region', { name: 'Additional data' })
    await extra.getByRole('button', { name: /changed on arrival/ }).click()
    await expect(extra.getByRole('listitem').filter({ hasText: 'Trimmed' })).toContainText('characters')
    await expect(page.getByRole('region', { name: 'Request' })).toContainText(
      /\[Filtered\]\s*\(scrubbed: replaced by the secret scrubber\)/,
    )
    await expect(
      page.getByRole('region', { name: 'Contexts' }).getByRole('button', { name: /changed on arrival/ }),
    ).toBeVisible()
  })

  await test.step('filters, threads and the JSON take markup as words', async () => {
    await page.getByRole('textbox', { name: 'Find in breadcrumbs' }).fill('</pre><script>')
    await expect(page.getByRole('region', { name: 'Breadcrumbs' }).getByRole('listitem')).toHaveCount(9)
    await page.getByRole('textbox', { name: 'Find a thread' }).fill('onload=window.pwned=11>7')
    await expect(page.getByRole('region', { name: 'Threads' }).getByRole('listitem')).toHaveCount(1)
    const raw = page.getByRole('region', { name: 'Raw JSON', exact: true })
    await raw.getByRole('button', { name: 'Show' }).click()
    await raw.getByRole('textbox', { name: 'Find in the JSON' }).fill('</code><script>')
    await expect(raw.locator('mark').first()).toHaveText('</code><script>')
    await expect(page.locator('main script, main svg[onload], main img[onerror]')).toHaveCount(0)
    await expectNoSidewaysScroll(page, 'everything open')
    await expectAccessible(page, 'everything open')
  })
  expect(await page.evaluate(() => (window as { pwned?: number }).pwned)).toBeUndefined()
  expect(faults).toEqual([])
})

test('DETAIL-02 an exception group is a tree whose members open on demand', async ({ page, mesher }) => {
  const faults = collectFaults(page)
  const place = await settle(page, mesher)
  const member = (n: number, more: object = {}) => ({
    type: `Member${n}`,
    value: `part ${n} failed`,
    mechanism: { type: 'chained', exception_id: n, parent_id: 0, source: `errors[${n - 1}]`, ...more },
    stacktrace: { frames: [{ function: `step${n}`, filename: 'sync.js', lineno: n, in_app: true }] },
  })
  await sendEvent(place.dsn, {
    exception: {
      values: [
        member(9, { parent_id: 1, source: 'cause' }),
        ...[8, 7, 6, 5, 4, 3, 2, 1].map((n) => member(n)),
        { ...member(0), type: 'AggregateError', mechanism: { exception_id: 0, is_exception_group: true } },
      ],
    },
  })
  await page.goto(`${place.path}/issues/${await issueWith(page, place, 'AggregateError')}`)
  const exception = page.getByRole('region', { name: 'Exception' })
  const tree = exception.getByRole('navigation', { name: 'Exceptions of the group' })
  await expect(tree.getByRole('link')).toHaveCount(10)
  await expect(tree.getByRole('link').nth(1)).toContainText('Member1: part 1 failed')
  await expect(tree.getByRole('link').nth(2)).toContainText('Caused by')
  await expect(exception.getByRole('group', { name: /^Stack of/ })).toHaveCount(3)
  await tree.getByRole('link', { name: /Member8/ }).click()
  await expect(exception.getByRole('group', { name: 'Stack of Member8' })).toBeInViewport()
  await expectAccessible(page, 'a group')
  expect(faults).toEqual([])
})

test('UI-03 an issue or event that is not there says so', async ({ page, mesher }) => {
  const place = await settle(page, mesher)
  await sendEvent(place.dsn, { message: 'only one' })
  const id = await issueWith(page, place, 'only one')
  const missing = await page.goto(`${place.path}/issues/999999`)
  expect(missing?.status()).toBe(404)
  await page.goto(`${place.path}/issues/${id}/events/${'0'.repeat(32)}`)
  await expect(page.getByText('This event is not here')).toBeVisible()
  await page.getByRole('link', { name: 'Show the newest' }).click()
  await expect(page.getByRole('region', { name: 'Message' })).toContainText('only one')
})
