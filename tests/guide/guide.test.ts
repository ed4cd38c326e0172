// The guide, followed by somebody who types what it says: every command of README.md and docs/*.md, in order, against one
// Mesher that was started as `npm start` starts it.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONFIG_VARIABLES } from '#shared/schemas/config.ts'
import { snippetTabs } from '../../utils/setup-snippets.ts'
import { answers, guidePages, readBlocks, ROOT, type Block } from '../support/guide.ts'
import { endAllLaunched, launch, makeDataDirectory, type Launched } from '../support/launcher.ts'
import { runMesher } from '../support/mesher.ts'

const PAGES = guidePages()
const BLOCKS = PAGES.flatMap(readBlocks)

let server: Launched
let dataDirectory: string
let scratch: string
/** What a reader would put in for `<key>` and the like, as soon as there is one. */
const known = new Map<string, string>()

beforeAll(async () => {
  dataDirectory = makeDataDirectory()
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-guide-'))
  fs.mkdirSync(path.join(scratch, 'backups'))
  server = await launch({
    dataDirectory,
    env: {
      MESHER_SERVER_ENTRY: path.join(ROOT, '.output', 'server', 'index.mjs'),
      MESHER_METRICS_TOKEN: 'a-metrics-token-of-the-guide',
    },
  })
  await server.until('Mesher is running', 60_000)
}, 90_000)
afterAll(async () => {
  await endAllLaunched()
  for (const directory of [dataDirectory, scratch]) fs.rmSync(directory, { recursive: true, force: true })
})

const environment = (): Record<string, string> => ({
  // The Node that Mesher brings, as for whoever runs it by npm.
  PATH: `${path.join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}`,
  HOME: scratch,
  PORT: new URL(server.url).port,
  MESHER_DATA_DIR: dataDirectory,
  MESHER_METRICS_TOKEN: 'a-metrics-token-of-the-guide',
  NO_COLOR: '1',
})

/** With this server's address and this reader's values. */
async function filledIn(text: string): Promise<string> {
  if (/<key>|<project>|<issue>/.test(text) && !known.has('key')) {
    const { json } = await runMesher('dsn --project acme/web-shop --json', { env: environment() })
    const dsn = new URL((json as { dsn: string }).dsn)
    known.set('key', dsn.username).set('project', dsn.pathname.slice(1))
  }
  if (text.includes('<issue>') && !known.has('issue')) {
    const answer = await fetch(`${server.url}/api/v1/projects/${known.get('project')}/issues`, {
      headers: { authorization: `Bearer ${known.get('token')}` },
    })
    known.set('issue', ((await answer.json()) as { data: { id: string }[] }).data[0]!.id)
  }
  return text
    .replaceAll('127.0.0.1:3000', new URL(server.url).host)
    .replaceAll('/var/backups/mesher', path.join(scratch, 'backups'))
    .replaceAll('<MESHER_METRICS_TOKEN>', 'a-metrics-token-of-the-guide')
    .replaceAll(/<(key|project|issue|token)>/g, (whole, name: string) => known.get(name) ?? whole)
}

function run({
  language,
  code,
}: {
  language: string
  code: string
}): Promise<{ code: number | null; written: string }> {
  const shell = language === 'sh' || language === 'bash'
  // Beside the packages it imports.
  const file = path.join(ROOT, 'tests', '.artifacts', `guide-${process.pid}.mjs`)
  if (!shell) {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, code)
  }
  return new Promise((resolve, reject) => {
    const [program, args] = shell ? ['/bin/sh', ['-e', '-c', code]] : [process.execPath, [file]]
    const child = spawn(program, args, { cwd: ROOT, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    let written = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (written += chunk))
    child.on('error', reject)
    child.on('close', (exit) => {
      fs.rmSync(file, { force: true })
      resolve({ code: exit, written })
    })
  })
}

async function follow(block: Block): Promise<void> {
  const code = await filledIn(block.code)
  expect(code).not.toMatch(/<(key|project|issue|token)>/)
  const ran = await run({ ...block, code })
  const token = /\bmsh_[\w-]{43}\b/.exec(ran.written)
  if (token) known.set('token', token[0])
  expect({ code, exit: ran.code, written: ran.written }).toMatchObject({ exit: 0 })
  for (const line of (await filledIn(block.answer ?? '')).split('\n').filter((one) => one.trim()))
    expect({ line, found: answers(ran.written, line), written: ran.written }).toMatchObject({ found: true })
}

describe('the guide', () => {
  it.each(BLOCKS.filter(({ noRun }) => noRun === null))(
    'OPS-05: the command of $page:$line works',
    async (block) => follow(block),
    60_000,
  )

  it('OPS-05: what it sent is there', async () => {
    const answer = await fetch(`${server.url}/api/v1/projects/${known.get('project')}/events?limit=100`, {
      headers: { authorization: `Bearer ${known.get('token')}` },
    })
    const { data } = (await answer.json()) as { data: { title: string; tags: Record<string, string> }[] }
    const titles = data.map(({ title }) => title)
    for (const title of ['Payment failed', 'Disk full', 'PaymentError: Card declined'])
      expect(titles).toContain(title)
    expect(titles.some((title) => title.startsWith('SyntaxError'))).toBe(true)
    expect(data.find(({ title }) => title === 'Payment failed')).toBeDefined()
  })

  it('OPS-05: a wrong answer would be noticed', () => {
    expect(answers('Saved 12 rows of 46 tables', 'Saved … rows of … tables')).toBe(true)
    expect(answers('{"ok":true}', '{ "ok": true }')).toBe(true)
    for (const line of ['Saved … tables of … rows', 'saved', 'Saved 13 rows', '{ "ok": false }'])
      expect([line, answers('Saved 12 rows of 46 tables {"ok":true}', line)]).toEqual([line, false])
  })

  it('OPS-05: commands that are not run say why', () => {
    const reasons = BLOCKS.filter(({ noRun }) => noRun).map(
      ({ page, line, noRun }) => `${page}:${line} ${noRun}`,
    )
    console.warn(`Not run:\n${reasons.join('\n')}`)
    expect(reasons.length).toBeLessThan(BLOCKS.length / 2)
  })
})

describe('what the guide says', () => {
  const read = (page: string) => fs.readFileSync(path.join(ROOT, page), 'utf8')

  it('OPS-05: every variable is explained, and no other', () => {
    const explained = [
      ...`${read('docs/configure.md')}\n${read('README.md')}`.matchAll(/^\| `([A-Z_]+)`/gm),
    ].map((m) => m[1]!)
    expect(CONFIG_VARIABLES.filter((name) => !explained.includes(name))).toEqual([])
    expect(explained.filter((name) => !CONFIG_VARIABLES.includes(name))).toEqual([])
  })

  it('OPS-05: SDKs are set up as the set-up page of a project says', () => {
    const words = read('docs/send-events.md')
    const bare = (text: string) => text.replaceAll(/[\s"']/g, '')
    for (const platform of ['python', 'ruby', 'php']) {
      const tab = snippetTabs(platform, 'https://0123@errors.example.org/7').tabs.find(
        ({ id }) => id === platform,
      )!
      const call = bare(tab.snippets.find(({ code }) => code.includes('errors.example.org'))!.code)
      const [begin] = bare(call).split('https://')
      expect([platform, bare(words).includes(begin!)]).toEqual([platform, true])
    }
  })

  it('OPS-05: its links lead somewhere', () => {
    // Written beside this one.
    const later = ['scaling.md', 'security.md']
    const broken = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)(#[\w-]+)?\)/g)].flatMap(([, target, anchor]) => {
        if (/^\w+:/.test(target!) || later.includes(path.basename(target!))) return []
        const file = path.join(path.dirname(page), target!)
        if (!fs.existsSync(path.join(ROOT, file))) return [`${page}: ${target}`]
        if (!anchor || !file.endsWith('.md')) return []
        const titles = [...read(file).matchAll(/^#+ (.*)$/gm)].map(
          (m) =>
            `#${m[1]!
              .toLowerCase()
              .replaceAll(/[^\w\s-]/g, '')
              .replaceAll(/\s/g, '-')}`,
        )
        return titles.includes(anchor) ? [] : [`${page}: ${target}${anchor}`]
      }),
    )
    expect(broken).toEqual([])
  })
})
