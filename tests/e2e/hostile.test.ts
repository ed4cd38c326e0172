// A corpus of attacks in every field an event can carry and in every name a member can type, sent through the doors
// that programs and people use, and then each page that shows them, in a real browser. Nothing of it may run, open a
// dialog, load from elsewhere, become a link that runs, or even be stopped by the security policy: the policy is the
// second line, and what it has to stop went through the first.
import type { APIResponse, Page } from '@playwright/test'
import { expect, test, type Mesher } from '../support/end-to-end.ts'
import { hostileEnvelope, PAYLOADS, type Payload } from '../support/hostile-event.ts'
import { until } from '../support/until.ts'

test.use({ ownServer: true })

const [SCRIPT, IMAGE] = PAYLOADS as readonly [Payload, Payload]

/** What went wrong, as it goes wrong. */
async function watch(page: Page, { url }: Mesher): Promise<string[]> {
  const faults: string[] = []
  await page.exposeFunction('pwned', (place: string) => void faults.push(`ran: ${place}`))
  await page.exposeFunction('violated', (what: string) => void faults.push(`policy: ${what}`))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { violated } = window as unknown as { violated(what: string): void }
      violated(
        `${event.effectiveDirective} ${event.blockedURI} ${event.sample} by ${event.sourceFile}:${event.lineNumber} at ${location.pathname}`,
      )
    })
  })
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('popup', (popup) => faults.push(`popup: ${popup.url()}`))
  page.on('pageerror', (error) => faults.push(`error: ${error.message} at ${page.url()}`))
  page.context().on('request', (request) => {
    const asked = new URL(request.url())
    const own = asked.host === new URL(url).host || ['data:', 'blob:'].includes(asked.protocol)
    if (!own) faults.push(`request: ${request.url()}`)
  })
  return faults
}

/** Markup of somebody's data would be one of these. */
const planted = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = []
    for (const element of document.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        if (/^on/i.test(name)) found.push(`${element.tagName} ${name}=${value}`)
        if (!/^(href|src|action|formaction|xlink:href|srcdoc|data|poster|ping)$/i.test(name)) continue
        const plain = [...value].filter((letter) => letter > ' ').join('')
        if (/^(javascript|vbscript|data:text)/i.test(plain)) found.push(`${element.tagName} ${name}=${value}`)
      }
      if (element.matches('iframe, object, embed, base, form[action*="canary"], link[href*="canary"]'))
        found.push(element.outerHTML.slice(0, 200))
      // A link out is somebody's to follow: without our address, and without a hand on this page.
      if (
        element.matches('a[href^="http"][href*="canary.invalid"]') &&
        !/noreferrer/.test(element.getAttribute('rel') ?? '')
      )
        found.push(element.outerHTML.slice(0, 200))
    }
    for (const script of document.querySelectorAll('script'))
      if (
        script.textContent?.includes('pwned(') &&
        !['application/json', 'speculationrules'].includes(script.type)
      )
        found.push(`script ${script.textContent.slice(0, 200)}`)
    if ('polluted' in {}) found.push('Object.prototype has been written to')
    return found
  })

const json = async <T>(answer: Promise<APIResponse>): Promise<T> => (await (await answer).json()) as T

/** Names as hostile as their lengths allow, in everything a member can name. */
async function settle(page: Page, { url }: Mesher) {
  const post = async <T>(address: string, data: unknown): Promise<T> => {
    const answer = await page.request.post(address, { data, headers: { origin: url } })
    expect(answer.ok(), `${address}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  const name = (place: string) => IMAGE.of(place).slice(0, 80)
  await post('/api/auth/sign-up/email', {
    name: name('person'),
    email: 'ada@example.org',
    password: 'analytical engine',
  })
  const { slug: org } = await post<{ slug: string }>('/api/v1/orgs', { name: name('org') })
  const project = await post<{ id: string; slug: string; dsn: string }>(`/api/v1/orgs/${org}/projects`, {
    name: SCRIPT.of('project'),
    platform: 'javascript',
  })
  const api = `/api/v1/projects/${project.id}`
  const quoted = JSON.stringify(name('searched'))
  await post(`${api}/keys`, { label: name('key').slice(0, 64) })
  await post(`${api}/alert-rules`, {
    name: name('rule'),
    trigger: { type: 'new_issue' },
    filters: { query: quoted },
  })
  await post(`${api}/alert-rules`, { name: SCRIPT.of('rule'), trigger: { type: 'new_issue' } })
  for (const list of ['issues', 'events'])
    await post(`/api/v1/orgs/${org}/views`, {
      ...{
        page: list,
        name: name('view').slice(0, 60),
        query: { q: quoted },
        shared: true,
        projectId: project.id,
      },
    })
  await post(`/api/v1/orgs/${org}/tokens`, { name: name('token').slice(0, 60), scopes: ['event:read'] })
  await post(`/api/v1/orgs/${org}/invitations`, { role: 'member', expiresInDays: 7 })
  const { data: sessions } = await json<{ data: unknown[] }>(page.request.get('/api/auth/list-sessions'))
  expect(sessions).toHaveLength(1)
  return { org, project, api, path: `/${org}/${project.slug}` }
}

test('SEC-02 DETAIL-04 no attack in any field of an event, or in any name, comes to life on any page', async ({
  page,
  mesher,
}) => {
  // Four dozen pages, a dozen of them with an event that is nothing but attacks.
  test.setTimeout(240_000)
  const faults = await watch(page, mesher)
  const { org, project, api, path } = await settle(page, mesher)
  const dsn = new URL(project.dsn)
  /** Opens everything that can be opened, and looks what became of it. */
  const lookThrough = async (what: string) => {
    expect(await planted(page), what).toEqual([])
    expect(faults, what).toEqual([])
  }
  const look = async (address: string) => {
    await page.goto(address, { waitUntil: 'networkidle' })
    await expect(page.locator('main, h1').first()).toBeVisible()
    await lookThrough(address)
  }

  const ids = PAYLOADS.map((_, n) => (n + 1).toString(16).padStart(32, '0'))
  await test.step('live, while they arrive', async () => {
    await page.goto(`${path}/live`, { waitUntil: 'networkidle' })
    await expect(page.getByRole('heading', { name: 'Listening' })).toBeVisible()
    for (const [n, payload] of PAYLOADS.entries()) {
      const answer = await fetch(`${dsn.origin}/api${dsn.pathname}/envelope/?sentry_key=${dsn.username}`, {
        method: 'POST',
        body: hostileEnvelope(payload, ids[n]!),
      })
      expect(answer.status, `${payload.name}: ${await answer.text()}`).toBe(200)
    }
    await expect(page.getByRole('list', { name: 'Events, newest first' }).getByRole('listitem')).toHaveCount(
      PAYLOADS.length,
    )
    await lookThrough('live')
  })

  interface Row {
    id: string
    eventCount: number
  }
  const issues = async () => (await json<{ data: Row[] }>(page.request.get(`${api}/issues?limit=100`))).data
  await until(async () => (await issues()).length === PAYLOADS.length, 15_000)

  await test.step('lists, charts and figures', async () => {
    for (const address of [`/${org}`, path, `${path}/issues`, `/${org}/issues`, `/${org}/alerts`])
      await look(address)
    await expect(page.getByText('rule').first()).toBeVisible()
  })

  await test.step('each issue with all that is in its event, opened, and the page of an event', async () => {
    for (const { id } of await issues()) {
      await look(`${path}/issues/${id}`)
      await expect(page.getByRole('region', { name: 'Exception' }).first()).toBeVisible()
      await page
        .getByRole('region', { name: 'Raw JSON', exact: true })
        .getByRole('button', { name: 'Show' })
        .click()
      // Folded values, more frames, notes: one click on each that there is.
      await page.evaluate(() => {
        for (const closed of document.querySelectorAll<HTMLElement>(
          'main section button[aria-expanded="false"]:not([aria-haspopup]), summary',
        ))
          closed.click()
      })
      await lookThrough(`everything of issue ${id}`)
    }
    // What a pointer sets off.
    for (const link of (await page.locator('main section a:visible').all()).slice(0, 10)) await link.hover()
    await lookThrough('under the pointer')
    const [id] = ids
    const { issueId } = await json<{ issueId: string }>(page.request.get(`${api}/events/${id}`))
    await look(`${path}/issues/${issueId}/events/${id}`)
    await expect(page.getByRole('region', { name: 'Exception' }).first()).toBeVisible()
  })

  await test.step('the explorer, its rows opened, its columns and its exports', async () => {
    await look(`${path}/events?columns=time,level,title,tags.hostile,user,release,environment,transaction`)
    const closed = page
      .getByRole('list', { name: 'Events', exact: true })
      .locator('[data-list-row][aria-expanded="false"]')
    await expect(closed.first()).toBeVisible()
    for (let left = await closed.count(); left > 0; left--) await closed.first().click()
    await expect(page.getByRole('link', { name: 'Open event' }).first()).toBeVisible()
    await lookThrough('rows of the explorer')
    for (const format of ['csv', 'ndjson']) {
      const answer = await page.request.get(`${api}/events/export?format=${format}`)
      expect(answer.status()).toBe(200)
      const headers = answer.headers()
      expect(headers['content-disposition']).toMatch(/^attachment;/)
      expect(headers['content-type']).toMatch(format === 'csv' ? /^text\/csv/ : /^application\/x-ndjson/)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      const text = await answer.text()
      expect(text).toContain('HYPERLINK')
      // No cell begins as a formula does.
      if (format === 'csv') expect(text).not.toMatch(/(^|,|\n)"?[=+@\t-]/)
    }
  })

  await test.step('what is typed, completed and searched', async () => {
    await page.goto(`${path}/issues`, { waitUntil: 'networkidle' })
    const box = page.getByRole('combobox', { name: 'Search issues' })
    for (const [typed, suggested] of [
      ['environment:', /pwned/],
      ['hostile:', /pwned/],
      ['release:', /pwned/],
    ] as const) {
      await box.fill('')
      await box.pressSequentially(typed)
      await expect(page.getByRole('option', { name: suggested }).first()).toBeVisible()
      await lookThrough(`suggestions for ${typed}`)
    }
    const query = encodeURIComponent(`${IMAGE.of('searched')} {{7*7}} nonsense:"`)
    for (const list of ['issues', 'events', 'live'])
      await look(`${path}/${list}?q=${query}&environment=${query}`)
    await page.keyboard.press('Escape')
    await page.keyboard.press('ControlOrMeta+k')
    await page.keyboard.type('pwned')
    await expect(page.getByRole('option', { name: /pwned/ }).first()).toBeVisible()
    await lookThrough('the palette')
    await page.keyboard.press('Escape')
  })

  await test.step('names that members type, wherever they are shown', async () => {
    const settings = ['', '/members', '/tokens', '/audit'].map((rest) => `/${org}/settings${rest}`)
    const ofProject = ['', '/keys', '/limits', '/outcomes', '/scrubbing', '/discarded'].map(
      (rest) => `${path}/settings${rest}`,
    )
    const others = [
      `${path}/alerts`,
      `${path}/alerts/rules`,
      `${path}/setup`,
      '/account',
      '/new',
      `/${org}/new`,
      '/system',
    ]
    for (const address of [...settings, ...ofProject, ...others]) await look(address)
    await page.goto(`${path}/issues`, { waitUntil: 'networkidle' })
    await page.getByRole('button', { name: /view/i }).first().click()
    await expect(page.getByText(/onerror/).first()).toBeVisible()
    await lookThrough('saved views')
    await look(`/sign-in?next=${encodeURIComponent('javascript:pwned(1)')}`)
    await look(`/invite#token=${IMAGE.of('invite')}`)
    await look(`/${encodeURIComponent(IMAGE.of('not found'))}`)
  })
})
