// Several built servers on one database, as one mesh, and somebody who sends to all of them as a proxy would: what one
// does not acknowledge is sent again, with the same id, to another.
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import type pg from 'pg'
import { SHARES } from '#server/mesh/types.ts'
import { startServer, type TestServer } from './server.ts'
import { until } from './until.ts'

export const MESH_SECRET = 'a-secret-of-a-mesh-for-tests-0123456789'

export const startMeshServer = (
  databaseUrl: string,
  { port, env }: { port?: number; env?: Record<string, string> } = {},
): Promise<TestServer> =>
  startServer({
    databaseUrl,
    port,
    env: { MESH_SECRET, MESH_HOST: '127.0.0.1', MESHER_OPEN_SIGNUP: '1', ...env },
  })

interface MeshTable {
  id: string
  pid: number
  port: number | null
  shares: number
  alive: boolean
  /** Others it has a link to. */
  links: number
}

/** What the nodes' own words say, straight from the table. */
export async function readMesh(pool: pg.Pool): Promise<MeshTable[]> {
  const { rows } = await pool.query<MeshTable>(
    `select n.id, (state ->> 'pid')::int as pid, port,
            (select count(*)::int from mesh_shard s where s.node_id = n.id) as shares,
            heartbeat_at > now() - interval '3 s' and not leaving as alive,
            (select count(*)::int from jsonb_array_elements(state -> 'links') l where (l ->> 'up')::bool) as links
       from mesh_node n`,
  )
  return rows
}

/** Every one of these processes lives, owns something, and reaches all others; together they own everything. */
export async function untilMeshed(pool: pg.Pool, pids: readonly number[]): Promise<void> {
  await until(async () => {
    const alive = (await readMesh(pool)).filter((node) => node.alive && node.port !== null)
    return (
      alive.length === pids.length &&
      pids.every((pid) => alive.some((node) => node.pid === pid && node.shares > 0)) &&
      alive.every(({ links }) => links >= pids.length - 1) &&
      alive.reduce((sum, { shares }) => sum + shares, 0) === SHARES
    )
  }, 30_000)
}

export interface MeshLoad {
  /** By id, how many answers said that it is kept. */
  acknowledged: Map<string, number>
  /** Requests by status; 0: none. */
  statuses: Map<number, number>
  longestWaitMs(): number
  /** No new ones; waits until all that were sent are acknowledged. */
  stop(): Promise<void>
}

export interface MeshLoadOptions {
  ports(): number[]
  key: string
  perSecond: number
  message?(n: number): string
}

/** A steady stream of events to all nodes in turn. */
export function meshLoad({ ports, key, perSecond, message = () => 'meshed' }: MeshLoadOptions): MeshLoad {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })
  const acknowledged = new Map<string, number>()
  const statuses = new Map<number, number>()
  const open = new Set<Promise<void>>()
  let longest = 0
  let made = 0
  let turn = 0
  const began = performance.now()
  const timer = setInterval(() => {
    for (const due = ((performance.now() - began) / 1_000) * perSecond; made < due; made++) {
      const done = deliver(randomBytes(16).toString('hex'), message(made)).finally(() => open.delete(done))
      open.add(done)
    }
  }, 20)

  async function deliver(id: string, text: string): Promise<void> {
    const since = performance.now()
    for (let attempt = 0; ; attempt++) {
      const all = ports()
      const status = await post(agent, all[turn++ % all.length]!, key, { event_id: id, message: text })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status === 202) break
      if (status >= 400 && status < 500 && status !== 429) throw new Error(`An event was answered ${status}`)
      await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, 100 * 2 ** attempt)))
    }
    acknowledged.set(id, (acknowledged.get(id) ?? 0) + 1)
    longest = Math.max(longest, performance.now() - since)
  }

  return {
    acknowledged,
    statuses,
    longestWaitMs: () => longest,
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
      agent.destroy()
    },
  }
}

/** @returns its status; 0 when there was no answer within 8 s */
export function post(agent: http.Agent, port: number, key: string, event: object): Promise<number> {
  return new Promise((resolve) => {
    const request = http.request(
      {
        ...{ agent, port, host: '127.0.0.1', path: '/api/v1/events', method: 'POST', timeout: 8_000 },
        headers: { 'x-mesher-key': key },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode!))
        response.on('error', () => resolve(0))
      },
    )
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(0))
    request.end(JSON.stringify(event))
  })
}
