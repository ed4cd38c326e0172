// The live socket under load: how long from sending an event to hearing of it, beside a steady stream of others; and
// what a thousand sockets cost of which one in ten reads nothing.
//
// What is timed are probes, events with a tag of their own that one socket asks for: neither the bound of 50 a second
// nor the number of other listeners decides which of them are heard. Latency counts from when a probe was due.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { makeProject, type BenchDatabase, type BenchProject } from './database.ts'
import { RUN_DIGITS } from './event-ids.ts'
import { generateLoad } from './load-generator.ts'
import type { Target } from './measure.ts'
import { residentBytes } from './processes.ts'

export interface LiveScenario {
  name: string
  /** Beside the probes. */
  eventsPerSecond: number
  sockets: number
  /** One in so many reads nothing. */
  deafOneIn?: number
}

export const LIVE_SCENARIOS: readonly LiveScenario[] = [
  { name: 'live.100', eventsPerSecond: 100, sockets: 10 },
  { name: 'live.1000', eventsPerSecond: 1_000, sockets: 10 },
  { name: 'live.5000', eventsPerSecond: 5_000, sockets: 10 },
  { name: 'live.sockets', eventsPerSecond: 1_000, sockets: 1_000, deafOneIn: 10 },
]

export interface LiveMeasurement {
  name: string
  sockets: number
  eventsPerSecond: number
  /** From due to heard. */
  latencyMs: { p50: number; p99: number; max: number }
  probes: number
  /** Of the probes, when all was over. */
  unheard: number
  /** Events sent to all sockets, those counted instead, and messages that a full ring dropped. */
  told: number
  skipped: number
  dropped: number
  /** Sockets that were open at the end, of those that read and those that do not. */
  readersOpen: number
  deafOpen: number
  residentBytes: { idle: number | null; connected: number | null; most: number | null }
}

const PROBES_PER_SECOND = 20
const SOCKETS_PER_USER = 10
const EVENTS_PER_REQUEST = 10
const OPEN_AT_ONCE = 50
const SETTLE_MS = 3_000
const WARM_UP_SECONDS = 3

export async function measureLive(
  scenario: LiveScenario,
  { target, database, seconds }: { target: Target; database: BenchDatabase; seconds: number },
): Promise<LiveMeasurement> {
  const project = await makeProject(database.pool, scenario.name)
  const tokens = await makeReaders(database, project, Math.ceil(scenario.sockets / SOCKETS_PER_USER) + 1)
  const idle = residentBytes(target.pid)
  const { deafOneIn = Infinity } = scenario
  const listeners: Listener[] = []
  for (let i = 0; i < scenario.sockets; i += OPEN_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(OPEN_AT_ONCE, scenario.sockets - i) }, (_, n) => i + n)
    listeners.push(
      ...(await Promise.all(
        numbers.map((n) =>
          listen(target.port, tokens[1 + Math.floor(n / SOCKETS_PER_USER)]!, project, {
            deaf: n % deafOneIn === deafOneIn - 1,
          }),
        ),
      )),
    )
  }
  const probe = await listen(target.port, tokens[0]!, project, { tags: { probe: '1' } })
  const connected = residentBytes(target.pid)
  let most = connected
  const watch = setInterval(() => {
    const now = residentBytes(target.pid)
    if (now !== null) most = Math.max(most ?? 0, now)
  }, 200)
  const loadFor = (lasting: number) =>
    generateLoad({
      port: target.port,
      connections: 16,
      window: 1,
      seconds: lasting,
      ratePerSecond: scenario.eventsPerSecond / EVENTS_PER_REQUEST,
      body: {
        kind: 'bulk',
        bytesPerEvent: 2 * 1_024,
        eventsPerRequest: EVENTS_PER_REQUEST,
        groups: 200,
        path: '/api/v1/events/bulk',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${project.key}` },
        run: randomBytes(RUN_DIGITS / 2).toString('hex'),
      },
    })
  // So that this is not when the server's code is compiled.
  await Promise.all([loadFor(WARM_UP_SECONDS), sendProbes(target.port, project, WARM_UP_SECONDS)])
  const load = loadFor(seconds)
  const due = await sendProbes(target.port, project, seconds)
  const { acknowledged, seconds: took } = await load
  await sleep(SETTLE_MS)
  clearInterval(watch)
  const times = [...due]
    .flatMap(([id, at]) => {
      const heard = probe.heard.get(id)
      return heard === undefined ? [] : [heard - at]
    })
    .sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN
  const open = (deaf: boolean) =>
    listeners.filter((one) => one.deaf === deaf && one.ws.readyState === WebSocket.OPEN).length
  const sum = (count: (one: Listener) => number) => listeners.reduce((all, one) => all + count(one), 0)
  const measurement: LiveMeasurement = {
    name: scenario.name,
    sockets: scenario.sockets,
    eventsPerSecond: acknowledged.length / took,
    latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    probes: due.size,
    unheard: due.size - times.length,
    told: sum((one) => one.told),
    skipped: sum((one) => one.skipped),
    dropped: sum((one) => one.dropped),
    readersOpen: open(false),
    deafOpen: open(true),
    residentBytes: { idle, connected, most },
  }
  for (const { ws } of [...listeners, probe]) ws.terminate()
  return measurement
}

interface Listener {
  ws: WebSocket
  deaf: boolean
  told: number
  skipped: number
  dropped: number
  /** When, by event. */
  heard: Map<string, number>
}

/** Reads by the fixed form of what it counts: a parse of everything would be what is measured. */
async function listen(
  port: number,
  token: string,
  { id }: BenchProject,
  { deaf = false, tags }: { deaf?: boolean; tags?: Record<string, string> },
): Promise<Listener> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  })
  const listener: Listener = { ws, deaf, told: 0, skipped: 0, dropped: 0, heard: new Map() }
  let connection: { pause(): void } | undefined
  ws.on('upgrade', ({ socket }) => (connection = socket))
  ws.on('error', () => {}) // its state says so
  const subscribed = new Promise<void>((resolve, reject) => {
    ws.once('close', (code) => reject(new Error(`The live socket was closed with ${code}`)))
    ws.on('message', (data) => {
      const text = (data as Buffer).toString()
      if (text.includes('"type":"event"')) {
        listener.told++
        if (tags) listener.heard.set(JSON.parse(text).event.id, performance.now())
      } else if (text.includes('"type":"events.skipped"')) listener.skipped += JSON.parse(text).count
      else if (text.includes('"type":"dropped"')) listener.dropped += JSON.parse(text).count
      else if (text.includes('"type":"subscribed"')) resolve()
      else if (text.includes('"type":"error"')) reject(new Error(text))
    })
  })
  subscribed.catch(() => {}) // after it was heard, a close is no failure of this
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
  ws.send(
    JSON.stringify({
      type: 'subscribe',
      id: 1,
      projectId: String(id),
      ...(tags ? { filters: { tags } } : {}),
    }),
  )
  await subscribed
  if (deaf) connection!.pause()
  return listener
}

/** @returns when each was due, by id */
async function sendProbes(
  port: number,
  { key }: BenchProject,
  seconds: number,
): Promise<Map<string, number>> {
  const due = new Map<string, number>()
  const began = performance.now()
  const sent: Promise<unknown>[] = []
  for (let n = 0; n < seconds * PROBES_PER_SECOND; n++) {
    const at = began + (n * 1_000) / PROBES_PER_SECOND
    const wait = at - performance.now()
    if (wait > 0) await sleep(wait)
    const id = randomUUID().replaceAll('-', '')
    due.set(id, at)
    sent.push(
      fetch(`http://127.0.0.1:${port}/api/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ event_id: id, message: 'A probe', tags: { probe: '1' } }),
      }).then(async (response) => {
        await response.arrayBuffer()
        if (response.status !== 202) due.delete(id)
      }),
    )
  }
  await Promise.all(sent)
  return due
}

/** Members of the project's organisation, each with a token. */
async function makeReaders({ pool }: BenchDatabase, { id }: BenchProject, n: number): Promise<string[]> {
  const tokens = Array.from({ length: n }, () => `msh_${randomBytes(32).toString('base64url')}`)
  await pool.query(
    `with u as (
       insert into "user" (id, name, email) select k, 'Bench', k || '@bench.example.org' from unnest($2::text[]) k returning id
     ), m as (
       insert into member (organization_id, user_id, role)
       select p.organization_id, u.id, 'member' from u, project p where p.id = $1
     )
     insert into api_token (organization_id, creator_id, name, token_hash, hint, scopes)
     select p.organization_id, k.id, 'Bench', k.hash, 'msh_', '{event:read}'
     from unnest($2::text[], $3::bytea[]) as k (id, hash), project p where p.id = $1`,
    [id, tokens.map(() => randomUUID()), tokens.map((token) => createHash('sha256').update(token).digest())],
  )
  return tokens
}

const MiB = 1_024 * 1_024
const mib = (bytes: number | null) => (bytes === null ? '–' : `${Math.round(bytes / MiB)} MiB`)

/** What issue and design ask for, beside what was reached. */
const AIM_MS: Record<string, number> = { 'live.1000': 150, 'live.5000': 500, 'live.sockets': 150 }

export function printLive(measurements: readonly LiveMeasurement[]): void {
  for (const m of measurements) {
    const { p50, p99, max } = m.latencyMs
    const aim = AIM_MS[m.name]
    const mark = aim === undefined ? '' : p99 < aim ? `✓ < ${aim} ms · ` : `✗ wanted < ${aim} ms · `
    console.log(
      [
        `${m.name}: ${mark}heard after p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, at most ${max.toFixed(1)} ms`,
        `(${m.probes} probes, ${m.unheard} unheard) beside ${Math.round(m.eventsPerSecond)} events/s;`,
        `${m.sockets} sockets: ${m.told} told, ${m.skipped} skipped, ${m.dropped} dropped;`,
        `open at the end ${m.readersOpen} that read, ${m.deafOpen} that do not;`,
        `memory ${mib(m.residentBytes.idle)} → ${mib(m.residentBytes.connected)} connected,`,
        `${mib(m.residentBytes.most)} at most`,
      ].join(' '),
    )
  }
}
