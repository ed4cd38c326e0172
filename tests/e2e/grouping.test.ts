// Why events are one issue, as its page says it: for every reason there is, and for an issue of many groups.
import type { Page } from '@playwright/test'
import pg from 'pg'
import { expect, test } from '../support/end-to-end.ts'
import { until } from '../support/until.ts'

test.use({ ownServer: true })

const frame = { filename: '/srv/app/shop.js', function: 'async Cart.pay', lineno: 7, in_app: true }
const thrown = (type: string, frames: object[]) => ({
  exception: [{ type, value: 'user 4711 not found', ...(frames.length > 0 && { stacktrace: { frames } }) }],
})

const REASONS: { title: string; payload: object; says: string[] }[] = [
  {
    title: 'StackError',
    payload: thrown('StackError', [frame]),
    says: ['out of the same functions', 'user <number> not found', 'shop.js pay'],
  },
  {
    title: 'BareError',
    payload: thrown('BareError', []),
    says: ['No frames to compare', 'BareError', 'user <number> not found'],
  },
  {
    title: 'order 7 is late',
    payload: { message: 'order 7 is late' },
    says: ['No exception', 'order <number> is late'],
  },
  { title: '(no message)', payload: { tags: { a: 1 } }, says: ['nothing in them to tell them apart'] },
  {
    title: 'OwnError',
    payload: { ...thrown('OwnError', [frame]), fingerprint: ['<b>payment</b>', '{{ type }}'] },
    says: ['nothing else was compared', '<b>payment</b>', 'OwnError'],
  },
  {
    title: 'MixedError',
    payload: { ...thrown('MixedError', [frame]), fingerprint: ['{{default}}', 'tenant-1'] },
    says: ['are the same in the rest as well', 'tenant-1', 'shop.js pay'],
  },
]

interface Row {
  id: string
  title: string
}

test('GROUP-05: the page of an issue says why it is one', async ({ page, mesher }) => {
  test.setTimeout(180_000)
  const post = async <T>(address: string, data: unknown): Promise<T> => {
    const answer = await page.request.post(address, { data, headers: { origin: mesher.url } })
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
    ...{ name: 'Shop', platform: 'node' },
  })
  const key = new URL(project.dsn).username
  for (const { payload } of REASONS)
    await post(`/api/${project.id}/store/?sentry_key=${key}`, { platform: 'node', ...payload })
  const list = async (): Promise<Row[]> => {
    const answer = await page.request.get(`/api/v1/projects/${project.id}/issues`)
    return ((await answer.json()) as { data: Row[] }).data
  }
  await until(async () => (await list()).length === REASONS.length, 30_000)
  const rows = await list()
  const open = async (id: string) => {
    await page.goto(`/${org.slug}/${project.slug}/issues/${id}`)
    const why = page.getByRole('region', { name: 'Why this is one issue' })
    await expect(why).toBeVisible()
    return why
  }

  for (const { title, says } of REASONS) {
    await test.step(title, async () => {
      const row = rows.find((candidate) => candidate.title.startsWith(title))
      expect(row, `${title} in ${rows.map((r) => r.title).join(', ')}`).toBeDefined()
      const why = await open(row!.id)
      for (const words of says) await expect(why).toContainText(words)
      await expect(why).not.toContainText('Merged')
    })
  }

  await test.step('an issue of many groups', async () => {
    const [into, from] = rows.map(({ id }) => id)
    await manyGroups(mesher.databaseUrl, { projectId: project.id, into: into!, from: from! })
    const why = await open(into!)
    await expect(why).toContainText('Merged from 2 groups.')
    await expect(why).toContainText('Version 1 of grouping had them in this issue, where they stay.')
    await expect(why.locator('dl')).toHaveCount(3)
    await why.getByRole('button', { name: '3 more groups' }).click()
    await expect(why.locator('dl')).toHaveCount(6)
    await showsNothingOutside(page)
  })
})

/** As a merge, and a move to a version that is not there yet, leave it. */
async function manyGroups(
  url: string,
  { projectId, into, from }: Record<'projectId' | 'into' | 'from', string>,
) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`update event_group set issue_id = $2 where project_id = $1 and issue_id = $3`, [
      ...[projectId, into, from],
    ])
    await client.query(
      `insert into event_group (project_id, version, hash, issue_id, why)
       select $1, 2, decode(md5(n::text), 'hex'), $2,
              jsonb_build_object('strategy', 'message', 'version', 2, 'joined', 1, 'parts',
                jsonb_build_array(jsonb_build_object('kind', 'message', 'value', repeat('long ', 100) || n)))
       from generate_series(1, 4) n`,
      [projectId, into],
    )
  } finally {
    await client.end()
  }
}

/** Long parts are cut with the whole on hover; the page does not become wider. */
async function showsNothingOutside(page: Page) {
  await page.setViewportSize({ width: 390, height: 844 })
  const [scroll, width] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
  expect(scroll).toBeLessThanOrEqual(width!)
}
