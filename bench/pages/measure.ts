// What a browser that has nothing yet loads for a page: the built server, a project with an event, the system's
// Chromium, and every byte of a body as it went over the wire. Nothing is timed: bytes and requests are the same on any machine.
import { chromium, type Browser } from 'playwright-core'
import { LauncherError } from '../../launcher/launcher-error.ts'
import { ensureBrowser } from '../../scripts/find-browser.ts'
import { startApp } from '../app.ts'
import { makeProject, untilFolded, type BenchDatabase } from '../database.ts'
import { MOST_SCRIPT_BYTES, type PageScenario } from './scenarios.ts'

export interface PageMeasurement {
  name: string
  /** As sent: compressed, without headers. */
  documentBytes: number
  scriptBytes: number
  scripts: number
  styleBytes: number
  requests: number
  mostScriptBytes: number
}

const PERSON = { name: 'Bench', email: 'bench@example.org', password: 'correct horse battery staple' }

export async function measurePages(
  scenarios: readonly PageScenario[],
  { entry, database }: { entry: string; database: BenchDatabase },
  closers: (() => Promise<void>)[],
): Promise<PageMeasurement[]> {
  const found = ensureBrowser((line) => console.log(line))
  if ('problem' in found) throw new LauncherError(found.problem)
  const app = await startApp(entry, database)
  closers.push(app.stop)
  const browser = await chromium.launch({
    executablePath: found.path,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
  })
  closers.push(() => browser.close())
  const origin = `http://127.0.0.1:${app.port}`
  const { cookies, project, issueId } = await settle(browser, origin, database)
  const measured: PageMeasurement[] = []
  for (const { name, path, charts } of scenarios) {
    const loaded = await load(browser, { origin, cookies, address: project + path({ issueId }) })
    measured.push({
      name,
      ...loaded,
      mostScriptBytes: charts ? MOST_SCRIPT_BYTES.withCharts : MOST_SCRIPT_BYTES.without,
    })
  }
  for (let n = 0; n < 2; n++) await closers.pop()!()
  return measured
}

type Cookies = Parameters<Awaited<ReturnType<Browser['newContext']>>['addCookies']>[0]

/** Somebody signed in, a member of the project, and an event in it. */
async function settle(browser: Browser, origin: string, database: BenchDatabase) {
  const { pool } = database
  const { id, key } = await makeProject(pool, 'pages')
  const context = await browser.newContext()
  const post = async (path: string, data: unknown, headers: Record<string, string>) => {
    const answer = await context.request.post(origin + path, { data, headers })
    if (!answer.ok()) throw new Error(`${path} answered ${answer.status()}: ${await answer.text()}`)
    return (await answer.json()) as unknown
  }
  const { user } = (await post('/api/auth/sign-up/email', PERSON, { origin })) as { user: { id: string } }
  await pool.query(
    `insert into member (organization_id, user_id, role) select organization_id, $2, 'owner' from project where id = $1`,
    [id, user.id],
  )
  const frames = [{ function: 'placeOrder', filename: 'checkout.js', lineno: 7, in_app: true }]
  await post(
    '/api/v1/events',
    { level: 'error', exception: { type: 'TypeError', value: 'order is null', stacktrace: { frames } } },
    { authorization: `Bearer ${key}` },
  )
  await untilFolded(pool, id)
  const { rows } = await pool.query<{ issue: string; project: string }>(
    `select i.issue_id::text as issue, '/' || o.slug || '/' || p.slug as project
     from issue i join project p on p.id = i.project_id join organization o on o.id = p.organization_id
     where p.id = $1`,
    [id],
  )
  const cookies: Cookies = await context.cookies()
  await context.close()
  return { cookies, project: rows[0]!.project, issueId: rows[0]!.issue }
}

interface Page {
  origin: string
  cookies: Cookies
  address: string
}

async function load(
  browser: Browser,
  { origin, cookies, address }: Page,
): Promise<Omit<PageMeasurement, 'name' | 'mostScriptBytes'>> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  await context.addCookies(cookies)
  const page = await context.newPage()
  const network = await context.newCDPSession(page)
  await network.send('Network.enable')
  const heads = new Map<string, { type: string; bytes: number }>()
  const bytes = { Document: 0, Script: 0, Stylesheet: 0 }
  const counts = { all: 0, scripts: 0 }
  network.on('Network.responseReceived', ({ requestId, type, response }) =>
    heads.set(requestId, { type, bytes: response.encodedDataLength }),
  )
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const head = heads.get(requestId)
    if (head === undefined || head.type === 'Ping') return
    counts.all++
    if (head.type === 'Script') counts.scripts++
    if (head.type in bytes) bytes[head.type as keyof typeof bytes] += encodedDataLength - head.bytes
  })
  const answer = await page.goto(origin + address, { waitUntil: 'networkidle' })
  if (answer?.status() !== 200) throw new Error(`${address} answered ${answer?.status()}`)
  await context.close()
  return {
    documentBytes: bytes.Document,
    scriptBytes: bytes.Script,
    scripts: counts.scripts,
    styleBytes: bytes.Stylesheet,
    requests: counts.all,
  }
}

export const isLight = ({ scriptBytes, mostScriptBytes }: PageMeasurement): boolean =>
  scriptBytes <= mostScriptBytes
