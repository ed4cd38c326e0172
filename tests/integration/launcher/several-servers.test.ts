// The whole thing as `npm start` runs it, with two server processes and the embedded PostgreSQL: what one address tells
// of both, what is kept of one that was killed, what the database says of itself, and who may read the files.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import type { SystemDatabase, SystemStatus } from '#shared/schemas/system-status.ts'
import { ApiClient } from '../../support/api-client.ts'
import { endAllLaunched, launch, makeDataDirectory, postgresIn } from '../../support/launcher.ts'
import { until } from '../../support/until.ts'

const ENTRY = path.join(import.meta.dirname, '..', '..', '..', '.output', 'server', 'index.mjs')
const TOKEN = 'a-token-for-scrapers-only'

let dataDirectory: string
const umask = process.umask()
afterEach(async () => {
  process.umask(umask)
  await endAllLaunched()
  await vi.waitFor(() => expect(postgresIn(dataDirectory)).toEqual([]), { timeout: 15_000, interval: 50 })
  fs.rmSync(dataDirectory, { recursive: true, force: true })
})

/** Every file that others than its owner may do something with. */
function open(directory: string): string[] {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name)
    const mode = fs.lstatSync(file).mode & 0o777
    const inside = entry.isDirectory() ? open(file) : []
    return entry.isSymbolicLink() || (mode & 0o077) === 0
      ? inside
      : [`${file} ${mode.toString(8)}`, ...inside]
  })
}

it.skipIf(process.platform !== 'linux')(
  'OPS-01 OPS-02 SEC-01: two processes are one node to those who watch, and private to everybody else',
  { timeout: 120_000 },
  async () => {
    // Whoever starts it may have the most careless of umasks.
    process.umask(0)
    dataDirectory = makeDataDirectory()
    const mesher = await launch({
      dataDirectory,
      env: { MESHER_SERVER_ENTRY: ENTRY, MESHER_PROCESSES: '2', MESHER_METRICS_TOKEN: TOKEN },
    })
    await mesher.until('Mesher is running', 60_000)
    const ada = await new ApiClient(mesher.url).signUp('Ada')
    const org = (await ada.post('/api/v1/orgs', { name: 'Acme' })).body.slug
    const project = (await ada.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body
    const headers = { 'x-mesher-key': new URL(project.dsn).username, connection: 'close' }
    const scrape = async () => {
      const { status, body } = await new ApiClient(mesher.url).get('/metrics', {
        headers: { authorization: `Bearer ${TOKEN}` },
      })
      expect(status).toBe(200)
      return body as string
    }
    const valuesOf = (text: string, series: string) =>
      [...text.matchAll(new RegExp(`^${series}\\{(.*?)\\} (\\S+)$`, 'gm'))].map(([, labels, value]) => ({
        node: /node="(\d)"/.exec(labels!)![1],
        value: Number(value),
      }))

    // ── One scrape is about both ────────────────────────────────────────────────────────────────────────────────────
    await until(async () => {
      const up = valuesOf(await scrape(), 'mesher_node_up')
      return up.length === 2 && up.every(({ value }) => value === 1)
    }, 20_000)
    for (let n = 0; n < 20; n++)
      expect((await ada.post('/api/v1/events', { message: `Broken ${n % 3}` }, { headers })).status).toBe(202)
    const text = await scrape()
    const described = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(new Set(described).size).toBe(described.length)
    for (const name of [
      'mesher_events_total',
      'process_resident_memory_bytes',
      'mesher_ready',
      'mesher_disk_free_bytes',
      'mesher_partitions_ahead_days',
    ])
      expect([name, new Set(valuesOf(text, name).map(({ node }) => node)).size]).toEqual([name, 2])
    const stored = [...text.matchAll(/^mesher_events_total\{.*outcome="stored".*\} (\d+)$/gm)]
    expect(stored.reduce((sum, [, n]) => sum + Number(n), 0)).toBe(20)
    expect(text).toMatch(/^mesher_http_requests_total\{.*group="ingest".*status="202".*\} \d+$/m)

    // ── The database says what it does, without saying with what ────────────────────────────────────────────────────
    const database = (await ada.get('/api/v1/system/database')).body as SystemDatabase
    expect(database.bytes).toBeGreaterThan(1_000_000)
    expect(database.tables[0]!.bytes).toBeGreaterThanOrEqual(database.tables[1]!.bytes)
    expect(database.tables.find(({ name }) => name === 'event')!.partitions).toBeGreaterThan(5)
    expect(database.slowQueries.state).toBe('known')
    const queries = database.slowQueries.state === 'known' ? database.slowQueries.queries : []
    expect(queries.length).toBeGreaterThan(5)
    expect(JSON.stringify(queries)).not.toMatch(/Broken|ada-|PASSWORD/)

    // ── A killed one is brought back, remembered, and told of ───────────────────────────────────────────────────────
    const status = async () => (await ada.get('/api/v1/system/status')).body as SystemStatus
    const answering = async () => {
      const { servers } = await status()
      return servers.length === 2 && servers.every(({ state }) => state?.ready)
    }
    await until(answering, 10_000)
    const { on, project: own } = (await ada.patch('/api/v1/system/self-reporting', { on: true })).body
    expect([on, own.name, own.orgSlug]).toEqual([true, 'Mesher itself', org])
    const victim = (await status()).servers[1]!
    process.kill(victim.pid!, 'SIGKILL')
    // A connection handed to it in the moment of its death would be answered by nobody.
    await mesher.until('Server process 2 was ended by SIGKILL')
    await until(async () => {
      const [, second] = (await status()).servers
      return second!.restarts === 1 && second!.state?.ready === true && second!.pid !== victim.pid
    }, 30_000)
    expect((await status()).servers[1]!.lastExit!.how).toBe('was ended by SIGKILL')
    expect(await scrape()).toContain('mesher_node_restarts_total{node="1"} 1')
    // Each can be looked into, whichever of them answers.
    for (const server of [0, 1]) {
      const { node } = (await ada.get(`/api/v1/system/processes?server=${server}`)).body
      expect(node.pid).toBe((await status()).servers[server]!.pid)
    }
    expect((await ada.get('/api/v1/system/processes?server=2')).status).toBe(404)
    const faults = async () => (await ada.get(`/api/v1/projects/${own.id}/issues`)).body.data
    await until(async () => (await faults()).length === 1, 20_000)
    expect((await faults())[0].title).toContain('A server process was ended by SIGKILL')

    // ── Nobody else reads any of it ─────────────────────────────────────────────────────────────────────────────────
    const spool = path.join(dataDirectory, 'spool')
    await until(
      () => fs.existsSync(spool) && fs.readdirSync(spool).some((name) => name.startsWith('last-known-')),
      20_000,
    )
    expect(fs.existsSync(path.join(dataDirectory, 'postgres.log'))).toBe(true)
    expect(open(dataDirectory)).toEqual([])
    expect(fs.readFileSync(path.join(dataDirectory, 'postgres.log'), 'utf8')).not.toContain('DETAIL:')
  },
)
