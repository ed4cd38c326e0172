// What the ingest stream does when things fail that never fail on request: its door on a real server and real sockets,
// in this process, in front of a line that can be told to break, and with shorter times than anybody would set.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { IngestKey } from '#server/domain/projects/key-cache.ts'
import { createClientReportTally } from '#server/pipeline/client-reports.ts'
import { createOriginList } from '#server/domain/projects/origin-list.ts'
import { createDatabaseClock } from '#server/domain/ingest/clock.ts'
import type { SocketTiming } from '#server/http/sockets/ingest-socket.ts'
import { createIngestStream } from '#server/http/sockets/ingest-stream.ts'
import { serveUpgrade, type SocketDoor } from '#server/http/sockets/upgrade.ts'
import { createByteBudget } from '#server/pipeline/byte-budget.ts'
import { createIntake } from '#server/pipeline/intake.ts'
import { setLine, type Line } from '#server/pipeline/line.ts'
import { createOutcomeTally } from '#server/pipeline/outcome.ts'
import { MAX_STREAM_SOCKETS_PER_KEY } from '#shared/constants/limits.ts'
import { scrubSettings } from '#shared/schemas/project.ts'
import { askForUpgrade, STREAM, StreamClient, textFrame } from '../../support/stream-client.ts'
import { until } from '../../support/until.ts'

const BUDGET_BYTES = 2 << 20
const ID = '0'.repeat(32)

let port: number
let server: http.Server
let door: SocketDoor
let line: Line
let open: StreamClient[] = []

const createDoor = (timing: Partial<SocketTiming> = {}) =>
  createIngestStream({ tickMs: 20, timing: { pingMs: 60_000, stallMs: 60_000, closeMs: 300, ...timing } })

beforeAll(async () => {
  server = http.createServer((_req, res) => res.end())
  server.on('upgrade', (req, socket, head) =>
    serveUpgrade(req.url?.startsWith(STREAM) ? door : undefined, req, socket, head),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.close()
  setLine(undefined)
})
beforeEach(() => {
  door = createDoor()
  const key = (publicKey: string): IngestKey => ({
    id: 1,
    publicKey,
    active: true,
    allowedOrigins: createOriginList([]),
    rateLimits: { project: 0, key: null },
    project: {
      ...{ id: 1, retentionDays: 90, sampleRate: 1, scrub: scrubSettings.parse({}) },
      grouping: { version: 1, previous: null },
    },
  })
  line = {
    keys: { find: key, refresh: async () => {}, takeUsed: () => [], giveBackUsed: () => {}, size: 0 },
    clientReports: createClientReportTally(),
    limiter: { admit: (_key, n) => n, retryAfterSeconds: () => 9, refusedBy: () => 'project' },
    clock: createDatabaseClock(),
    intake: createIntake(),
    budget: createByteBudget(BUDGET_BYTES),
    tally: createOutcomeTally(),
    accept: async () => ({ id: ID, verdict: { outcome: 'stored' } }),
    // No message of a socket comes this way.
    prepareBulk: () => Promise.reject(new Error('not a bulk body')),
    submit: () => Promise.reject(new Error('not a bulk body')),
    open: true,
  }
  setLine(line)
})
afterEach(async () => {
  for (const { ws } of open) ws.terminate()
  await Promise.all(open.map(({ closed }) => closed))
  open = []
  await door.close(0)
})

async function connect(key = 'a'): Promise<StreamClient> {
  const client = await StreamClient.open(port, key)
  open.push(client)
  return client
}
const works = async (client: StreamClient) => {
  client.send('probe', { message: 'm' })
  await until(() => client.answers.some((a) => a.type === 'ack' && a.ref === 'probe'), 5_000)
}

it('INGEST-05: an error in the work of one socket closes that one with 1011, and nothing else', async () => {
  const [victim, other] = [await connect('victim'), await connect('other')]
  const { find } = line.keys
  line.keys.find = (publicKey) => {
    if (publicKey === 'victim') throw new Error('Injected: the key cache')
    return find(publicKey)
  }
  expect((await victim.closed).code).toBe(1011)
  await works(other)
})

it('INGEST-05: an error while a message is counted, too, is its own socket’s', async () => {
  const [victim, other] = [await connect(), await connect()]
  line.tally.count = () => {
    throw new Error('Injected: the tally')
  }
  victim.raw('broken')
  expect((await victim.closed).code).toBe(1011)
  await works(other)
})

it('INGEST-05: an event that breaks the line is answered `internal`, its socket lives', async () => {
  const client = await connect()
  const { accept } = line
  line.accept = async (incoming, content) => {
    const { payload } = content as { payload: { message: string } } // sockets hand over what they have parsed
    if (payload.message === 'poison') throw new TypeError('Injected')
    return accept(incoming, content)
  }
  client.send(1, { message: 'poison' })
  expect(await client.hear(1)).toMatchObject([{ type: 'error', ref: 1, error: { code: 'internal' } }])
  expect(JSON.stringify(client.answers)).not.toContain('Injected')
  await works(client)
  expect(line.budget.used).toBe(0)
})

it('INGEST-05: an upgrade that breaks is answered 500, one without a node behind it 503', async () => {
  const upgrade = () => askForUpgrade(port, STREAM, { 'x-mesher-key': 'a' })
  const { find } = line.keys
  line.keys.find = () => {
    throw new Error('Injected: the key cache')
  }
  expect(await upgrade()).toMatchObject({ status: 500, body: { error: { code: 'internal' } } })
  line.keys.find = () => Promise.reject(Object.assign(new Error('Injected'), { code: 'ECONNREFUSED' }))
  expect((await upgrade()).status).toBe(503)
  line.keys.find = find
  line.open = false
  expect(await upgrade()).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
  setLine(undefined)
  expect((await upgrade()).status).toBe(503)
  setLine(line)
  line.open = true
  await works(await connect())
})

it('INGEST-05: what the line says of an event is said to its sender', async () => {
  const client = await connect()
  const verdicts = [
    { outcome: 'overloaded', retryAfterSeconds: 7 },
    { outcome: 'invalid', reason: 'bad bytes' },
    { outcome: 'duplicate' },
  ] as const
  line.accept = async () => ({ id: ID, verdict: verdicts[client.answers.length]! })
  for (const ref of [0, 1, 2]) {
    client.send(ref, { message: 'm' })
    await client.hear(ref + 1)
  }
  expect(client.answers).toMatchObject([
    { type: 'error', ref: 0, error: { code: 'overloaded', retryAfterSeconds: 7 } },
    { type: 'error', ref: 1, error: { code: 'invalid_event', details: { reason: 'bad bytes' } } },
    { type: 'ack', ref: 2, id: ID },
  ])
})

it('INGEST-05: when the budget for bodies is spent, messages are refused with a time to come back', async () => {
  const client = await connect()
  line.budget.tryTake(BUDGET_BYTES)
  client.send(1, { message: 'm' })
  expect(await client.hear(1)).toMatchObject([
    { type: 'error', ref: 1, error: { code: 'overloaded', retryAfterSeconds: 5 } },
  ])
  line.budget.give(BUDGET_BYTES)
  await works(client)
  expect(line.tally.take()).toMatchObject([{ projectId: 1, outcome: 'overloaded', n: 1 }])
})

it('INGEST-05: messages that are still arriving are held on the budget, and given back', async () => {
  door = createDoor({ stallMs: 1_500 })
  const half = textFrame('x'.repeat(60_000), { final: false })
  const sockets = await Promise.all(
    Array.from(
      { length: 3 },
      async () => (await askForUpgrade(port, STREAM, { 'x-mesher-key': 'a' })).socket!,
    ),
  )
  for (const socket of sockets) socket.resume().write(half)
  await until(() => line.budget.used === 3 * half.length, 5_000)
  // A ping in between is not part of it.
  sockets[0]!.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]))
  sockets[1]!.destroy()
  await until(() => line.budget.used === 2 * half.length, 5_000)
  // Nobody may hold it for ever.
  await until(() => line.budget.used === 0, 5_000)
  await until(() => sockets.every((socket) => socket.destroyed || socket.readableEnded), 5_000)
})

it('INGEST-05: a message for which there is no memory ends its socket with 1013', async () => {
  const client = await connect()
  line.budget.tryTake(BUDGET_BYTES - 300_000)
  client.send(1, { message: 'm', extra: { text: 'x'.repeat(900_000) } })
  expect((await client.closed).code).toBe(1013)
  line.budget.give(BUDGET_BYTES - 300_000)
  expect(line.budget.used).toBe(0)
})

it('INGEST-05: who answers no ping is dropped, who does stays', async () => {
  door = createDoor({ pingMs: 300 })
  const alive = await connect()
  const { socket: dead } = await askForUpgrade(port, STREAM, { 'x-mesher-key': 'a' })
  const gone = new Promise((resolve) => dead!.resume().on('close', resolve))
  let pings = 0
  alive.ws.on('ping', () => pings++)
  await gone
  await until(() => pings >= 4, 5_000)
  expect(alive.ws.readyState).toBe(alive.ws.OPEN)
  await works(alive)
})

it('INGEST-05: many small messages in one read are taken in order, a few per turn', async () => {
  const seen: number[] = []
  let turns = 0
  const count = () => {
    turns++
    if (seen.length < 2_000) setImmediate(count)
  }
  line.accept = async (_incoming, content) => {
    const { payload } = content as { payload: { n: number } }
    seen.push(payload.n)
    return { id: ID, verdict: { outcome: 'stored' } }
  }
  const { socket } = await askForUpgrade(port, STREAM, { 'x-mesher-key': 'a' })
  const frames = Array.from({ length: 2_000 }, (_, n) =>
    textFrame(`{"type":"event","ref":${n},"event":{"n":${n}}}`),
  )
  setImmediate(count)
  socket!.resume().write(Buffer.concat(frames))
  await until(() => seen.length === 2_000, 5_000)
  expect(seen).toEqual(Array.from({ length: 2_000 }, (_, n) => n))
  expect(turns).toBeGreaterThanOrEqual(2_000 / 40)
  socket!.destroy()
})

it('INGEST-05: one key has a bounded number of sockets, others have theirs', async () => {
  await Promise.all(Array.from({ length: MAX_STREAM_SOCKETS_PER_KEY }, () => connect('many')))
  const refused = await askForUpgrade(port, STREAM, { 'x-mesher-key': 'many' })
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '30'])
  await works(await connect('one'))
  open[0]!.ws.terminate()
  await until(async () => {
    const { status, socket } = await askForUpgrade(port, STREAM, { 'x-mesher-key': 'many' })
    socket?.destroy()
    return status === 101
  }, 5_000)
})

it('INGEST-05: a door that closes answers what it accepted, takes nothing more, and says 1001', async () => {
  const client = await connect()
  const { socket: silent } = await askForUpgrade(port, STREAM, { 'x-mesher-key': 'a' })
  const commits: (() => void)[] = []
  line.accept = () =>
    new Promise((resolve) => commits.push(() => resolve({ id: ID, verdict: { outcome: 'stored' } })))
  for (let ref = 0; ref < 10; ref++) client.send(ref, { message: 'm' })
  await until(() => commits.length === 10, 5_000)
  const closing = door.close(5_000)
  client.send('late', { message: 'm' })
  expect((await askForUpgrade(port, STREAM, { 'x-mesher-key': 'a' })).status).toBe(503)
  for (const commit of commits) commit()
  expect((await client.closed).code).toBe(1001)
  // One that answers no close frame does not hold it up.
  await closing
  expect(client.answers.map(({ ref }) => ref)).toEqual(Array.from({ length: 10 }, (_, ref) => ref))
  silent!.destroy()
})
