// Three built servers on one PostgreSQL, as one mesh, and everything that can happen to them while events come in to
// all of them: killed, frozen, cut off from the database, leaving and coming back. Nothing acknowledged is lost, nothing
// is stored twice.
import { createHash, randomBytes } from 'node:crypto'
import http from 'node:http'
import net from 'node:net'
import tls from 'node:tls'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { clientTls, meshKey } from '#server/mesh/secret.ts'
import { systemNodes, type SystemNodes } from '#shared/schemas/system.ts'
import { statusOf } from '../../../launcher/nodes.ts'
import { startProxy } from '../../../scripts/cluster/proxy.ts'
import { alertsOf, storeRule } from '../../support/alerts.ts'
import { LiveClient } from '../../support/live-client.ts'
import { insertReader } from '../../support/live-node.ts'
import {
  MESH_SECRET,
  meshLoad,
  post,
  readMesh,
  startMeshServer,
  untilMeshed,
  type MeshLoad,
} from '../../support/mesh.ts'
import { startOwnPostgres, type OwnPostgres } from '../../support/own-postgres.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import type { TestServer } from '../../support/server.ts'
import { signUp, type Session } from '../../support/session.ts'
import { until } from '../../support/until.ts'

const NODES = 3
const PER_SECOND = 200
const ENV = { MESHER_FAULTS: '1', MESHER_DRAIN_SECONDS: '1' }

// Nodes are started, and waited for, on whatever machine this is.
vi.setConfig({ testTimeout: 180_000 })

let postgres: OwnPostgres
let pool: pg.Pool
let servers: TestServer[]
/** Known to be down: whoever sends, or a proxy, has taken it out. */
let down: TestServer | undefined
let owner: Session
let project: TestProject
let load: MeshLoad | undefined
const clients: LiveClient[] = []

beforeAll(async () => {
  postgres = await startOwnPostgres({ durable: true })
  pool = new pg.Pool({ connectionString: postgres.url, max: 4 })
  pool.on('error', () => {}) // an idle connection that PostgreSQL's stop ends
  servers = await Promise.all(
    Array.from({ length: NODES }, () => startMeshServer(postgres.url, { env: ENV })),
  )
  owner = await signUp(servers[0]!.url)
  await meshed()
})
afterAll(async () => {
  await Promise.all((servers ?? []).map((server) => server.kill('SIGKILL')))
  await pool?.end()
  await postgres?.remove()
})
beforeEach(async () => {
  project = await insertProject(pool, { rateLimitPerMinute: 0 })
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  await load?.stop()
  load = undefined
})

const meshed = () =>
  untilMeshed(
    pool,
    servers.map(({ pid }) => pid),
  )
const startLoad = (perSecond = PER_SECOND) =>
  (load = meshLoad({
    ports: () => servers.filter((server) => server !== down).map(({ port }) => port),
    key: project.key,
    perSecond,
  }))
const nodes = async (server = servers[0]!): Promise<SystemNodes> => {
  const response = await fetch(`${server.url}/api/v1/system/nodes`, {
    headers: { cookie: owner.cookie, origin: server.url },
  })
  return systemNodes.parse(await response.json())
}
/** Which server's node it is. */
const serverOf = (pid: number | undefined) => servers.find((server) => server.pid === pid)
/** The server whose node works on the project. */
async function ownerServer(): Promise<TestServer> {
  let found: TestServer | undefined
  await until(async () => {
    const { nodes: all } = await nodes(servers.find((server) => server.pid !== found?.pid))
    const busy = all
      .filter(({ status }) => status === 'alive')
      .flatMap(({ report }) => (report?.load.projects ?? []).map((one) => ({ pid: report!.pid, ...one })))
      .filter(({ id, perSecond }) => id === String(project.projectId) && perSecond > 0)
      .sort((a, b) => b.perSecond - a.perSecond)
    found = serverOf(busy[0]?.pid)
    return found !== undefined
  }, 15_000)
  return found!
}
async function replace(old: TestServer): Promise<void> {
  const fresh = await startMeshServer(postgres.url, { port: old.port, env: ENV })
  servers = servers.map((server) => (server === old ? fresh : server))
  down = undefined
  await meshed()
}

/**
 * Every acknowledged event is stored once and counted once, and nothing else is stored.
 * @param others events without an id of their own
 */
async function proveAll({ acknowledged }: Pick<MeshLoad, 'acknowledged'>, others = 0): Promise<void> {
  expect([...acknowledged.values()].every((times) => times === 1)).toBe(true)
  await until(async () => {
    const { rows } = await pool.query<{ events: number; counted: number }>(
      `select (select count(*)::int from event where project_id = $1) as events,
              (select coalesce(sum(event_count), 0)::int from issue where project_id = $1) as counted`,
      [project.projectId],
    )
    return rows[0]!.counted >= acknowledged.size + others && rows[0]!.events === rows[0]!.counted
  }, 20_000)
  const { rows } = await pool.query<{ id: string; n: number }>(
    `select event_id::text as id, count(*)::int as n from event where project_id = $1 group by 1`,
    [project.projectId],
  )
  const stored = new Map(rows.map(({ id, n }) => [id.replaceAll('-', ''), n]))
  const lost = [...acknowledged.keys()].filter((id) => !stored.has(id))
  const twice = [...stored.values()].filter((n) => n > 1)
  expect({ lost, twice, stored: stored.size }).toEqual({
    lost: [],
    twice: [],
    stored: acknowledged.size + others,
  })
}

describe('three nodes', () => {
  it('CLUSTER-01 CLUSTER-02: find each other, own everything between them, and each says the same about all', async () => {
    let views: SystemNodes[] = []
    // What each reads of the others is a second old.
    await until(async () => {
      views = await Promise.all(servers.map((server) => nodes(server)))
      return views.every((view) => view.nodes.reduce((sum, { shares }) => sum + shares, 0) === view.shares)
    }, 10_000)
    for (const view of views) {
      expect(view.nodes.map(({ status }) => status)).toEqual(['alive', 'alive', 'alive'])
      expect(view.nodes.map(({ report }) => report?.tree.status)).toEqual(['running', 'running', 'running'])
      for (const { address } of view.nodes) expect(address).toMatch(/^127\.0\.0\.1:\d+$/)
    }
    expect(new Set(views.map(({ self }) => self)).size).toBe(NODES)
    expect((await fetch(`${servers[0]!.url}/api/v1/system/nodes`)).status).toBe(401)
  })

  it('CLUSTER-01: whoever lacks the secret gets nothing: another key, another name, ordinary TLS, plain TCP', async () => {
    const port = (await readMesh(pool))[0]!.port!
    const right = clientTls(meshKey(MESH_SECRET))
    expect(await talkTls(port, right)).toBe('open')
    expect(await talkTls(port, clientTls(meshKey(`${MESH_SECRET}?`)))).toBe('refused')
    const other = { psk: meshKey(MESH_SECRET), identity: 'somebody' }
    expect(await talkTls(port, { ...right, pskCallback: () => other })).toBe('refused')
    expect(await talkTls(port, { rejectUnauthorized: false })).toBe('refused')
    expect(await talkPlain(port)).toEqual(Buffer.alloc(0))
  })

  it('CLUSTER-03: events go to the owner of their project, whichever node they came to', async () => {
    const running = startLoad()
    await until(async () => {
      const { nodes: all } = await nodes()
      const reports = all.flatMap(({ report }) => report ?? [])
      const working = reports.filter(({ load: { projects } }) =>
        projects.some(({ id, perSecond }) => id === String(project.projectId) && perSecond > 0),
      )
      return working.length === 1 && reports.filter(({ rates }) => rates.sent > 0).length === NODES - 1
    }, 15_000)
    await running.stop()
    expect([...running.statuses.keys()]).toEqual([202])
    await proveAll(running)
  })

  it('CLUSTER-03 RESIL-01: the owner is killed under load: nothing acknowledged is lost or stored twice', async () => {
    const running = startLoad()
    const killed = await ownerServer()
    await killed.kill('SIGKILL')
    down = killed
    const before = running.acknowledged.size
    await until(() => running.acknowledged.size > before + 3 * PER_SECOND, 20_000)
    await until(
      async () =>
        (await nodes(servers.find((s) => s !== killed)!)).nodes.some(
          (n) => n.report?.pid === killed.pid && n.status === 'silent',
        ),
      20_000,
    )
    await replace(killed)
    await running.stop()
    // Whoever was connected to it lost his connection; nobody else heard anything but 202.
    expect([...running.statuses.keys()].sort()).toEqual([0, 202])
    await proveAll(running)
  })

  it('CLUSTER-03 RESIL-01: the owner is frozen and wakes up again: its work is done elsewhere, and once', async () => {
    const running = startLoad()
    const frozen = await ownerServer()
    process.kill(frozen.pid, 'SIGSTOP')
    try {
      const others = servers.filter((server) => server !== frozen)
      await until(async () => {
        const { nodes: all } = await nodes(others[0])
        const own = all.find(({ report }) => report?.pid === frozen.pid)!
        const shares = all.filter((n) => n !== own).reduce((sum, n) => sum + n.shares, 0)
        return own.status === 'silent' && shares === 96
      }, 30_000)
    } finally {
      process.kill(frozen.pid, 'SIGCONT')
    }
    await meshed()
    await running.stop()
    await proveAll(running)
  })

  it('CLUSTER-03 RESIL-01: PostgreSQL is restarted under load: nothing is refused for long, nothing is lost', async () => {
    const running = startLoad()
    await ownerServer()
    await postgres.stop({ force: true })
    const before = running.acknowledged.size
    // Kept in the spools of the nodes meanwhile.
    await until(() => running.acknowledged.size > before + PER_SECOND, 20_000)
    await postgres.start()
    await meshed()
    await running.stop()
    await proveAll(running)
  })

  it('CLUSTER-05: a project under load is helped by other nodes, and it is shown by whom', async () => {
    const acknowledged = new Map<string, number>()
    let enough = false
    const senders = Array.from({ length: 12 }, async (_, i) => {
      for (let round = 0; !enough; round++) {
        const { port } = servers[(i + round) % NODES]!
        const answer = await bulk(port, project.key, 500)
        for (const id of answer) acknowledged.set(id, 1)
      }
    })
    const helped = async () => {
      const { nodes: all } = await nodes()
      const helpers = all.flatMap(({ id, report }) =>
        (report?.load.helpers ?? [])
          .filter(({ projectId }) => projectId === String(project.projectId))
          .map((helper) => ({ ...helper, owner: id })),
      )
      const working = all.flatMap(({ id, report }) =>
        (report?.load.processors ?? [])
          .filter(({ events }) => events > 0)
          .map((one) => ({ ...one, node: id })),
      )
      return helpers.some(
        (helper) =>
          helper.owner !== helper.nodeId &&
          working.some(({ id, node }) => id === helper.id && node === helper.nodeId),
      )
    }
    await until(helped, 40_000).finally(() => (enough = true))
    await Promise.all(senders)
    await proveAll({ acknowledged })
  })

  it('CLUSTER-04 STREAM-01: who looks from one node sees what another stores, also after nodes came and went', async () => {
    const { token } = await insertReader(pool, project.orgId)
    const watching = await Promise.all(
      servers.map(async ({ port }) => {
        const client = await LiveClient.open(port, { authorization: `Bearer ${token}` })
        clients.push(client)
        await client.subscribe('s', { projectId: String(project.projectId), filters: {} })
        return client
      }),
    )
    const agent = new http.Agent({ keepAlive: true })
    let sent = 0
    const heardByAll = async (from: readonly LiveClient[]) => {
      for (const { port } of servers) {
        const message = `seen ${++sent} ${randomBytes(4).toString('hex')}`
        // An event that came while a room changed hands may be missed; the next is heard.
        await until(async () => {
          const id = randomBytes(16).toString('hex')
          expect(await post(agent, port, project.key, { event_id: id, message })).toBe(202)
          await until(
            () => from.every((client) => client.of('event').some(({ event }) => event.id === id)),
            1_500,
          )
          return true
        }, 20_000)
      }
    }
    await heardByAll(watching)
    // Each event once, however it came here.
    for (const client of watching) {
      const ids = client.of('event').map(({ event }) => event.id)
      expect(new Set(ids).size).toBe(ids.length)
    }
    const leaving = servers[2]!
    const left = watching[2]!.closed
    await leaving.stop()
    expect((await left).code).toBe(1001)
    await replace(leaving)
    await heardByAll(watching.slice(0, 2))
    agent.destroy()
  })

  it('CLUSTER-03 RESIL-01: one node after the other is restarted under load, and no request fails', async () => {
    const proxy = await startProxy(0, () => servers.map(({ port }) => port))
    const agent = new http.Agent()
    let others = 0
    load = meshLoad({ ports: () => [proxy.port], key: project.key, perSecond: PER_SECOND })
    try {
      for (const old of [...servers]) {
        await proxy.drain(old.port)
        const before = load.acknowledged.size
        const ended = old.stop()
        // It says so first, and serves on for whoever has not asked yet.
        await until(async () => (await statusOf(`${old.url}/api/v1/system/ready`)) === 503, 3_000)
        expect(await post(agent, old.port, project.key, { message: 'the last one' })).toBe(202)
        others++
        expect(await ended).toBe(0)
        await replace(old)
        proxy.undrain(old.port)
        await until(() => load!.acknowledged.size > before + PER_SECOND / 2, 10_000)
      }
      await load.stop()
    } finally {
      await proxy.close()
    }
    expect([...load.statuses.keys()]).toEqual([202])
    await proveAll(load, others)
  })

  it('CLUSTER-03 ALERT-03 GROUP-01: a new cause seen by all nodes at once is one issue and one alert', async () => {
    const rule = await storeRule(pool, project.projectId, { trigger: { type: 'new_issue' } })
    const agent = new http.Agent({ keepAlive: true })
    const statuses = await Promise.all(
      servers.flatMap(({ port }) =>
        Array.from({ length: 20 }, () => post(agent, port, project.key, { message: 'never seen before' })),
      ),
    )
    agent.destroy()
    expect(new Set(statuses)).toEqual(new Set([202]))
    await until(async () => {
      const { rows } = await pool.query(
        'select count(*)::int as issues, sum(event_count)::int as events from issue where project_id = $1',
        [project.projectId],
      )
      return rows[0].issues === 1 && rows[0].events === statuses.length
    }, 15_000)
    await until(async () => (await alertsOf(pool, project.projectId)).length > 0, 15_000)
    const alerts = await alertsOf(pool, project.projectId)
    expect(alerts.map(({ ruleId }) => ruleId)).toEqual([rule])
  })

  it('CLUSTER-03 RESIL-03: an event that cannot be stored costs itself and nobody else, wherever it came in', async () => {
    // Refused by the database, as data are: whoever sends it hears 400, its neighbours in the batch are stored.
    await pool.query(`alter table event add constraint poisoned check (title not like 'poison%') not valid`)
    try {
      const agent = new http.Agent({ keepAlive: true })
      const statuses = await Promise.all(
        servers.flatMap(({ port }, i) =>
          Array.from({ length: 10 }, (_, n) =>
            post(agent, port, project.key, { message: n === 5 ? `poison ${i}` : 'harmless' }),
          ),
        ),
      )
      agent.destroy()
      expect(statuses.filter((status) => status === 400)).toHaveLength(NODES)
      expect(statuses.filter((status) => status === 202)).toHaveLength(9 * NODES)
    } finally {
      await pool.query('alter table event drop constraint poisoned')
    }
    const { rows } = await pool.query('select count(*)::int as n from event where project_id = $1', [
      project.projectId,
    ])
    expect(rows[0].n).toBe(9 * NODES)
  })

  it('INGEST-04 CLUSTER-03: a limit and a disabled key hold on all nodes within seconds', async () => {
    const agent = new http.Agent({ keepAlive: true })
    const answers = (message: string) =>
      Promise.all(servers.map(({ port }) => post(agent, port, project.key, { message })))
    expect(await answers('before')).toEqual([202, 202, 202])
    await pool.query('update project_key set active = false where project_id = $1', [project.projectId])
    await until(async () => (await answers('after')).every((status) => status === 403), 5_000)
    agent.destroy()
  })

  it('RESIL-03 CLUSTER-01: what falls too often ends its node, the others go on, and it comes back', async () => {
    const running = startLoad()
    const falling = servers[1]!
    const crash = (process: string) =>
      fetch(`${falling.url}/api/v1/system/faults`, {
        method: 'POST',
        headers: { cookie: owner.cookie, origin: falling.url, 'content-type': 'application/json' },
        body: JSON.stringify({ process }),
        signal: AbortSignal.timeout(3_000),
      }).catch(() => null)
    let ended = false
    void falling.exited.then(() => {
      ended = true
      down = falling
    })
    await until(async () => {
      await Promise.all(['keepers', 'news', 'mesh'].map(crash))
      return ended
    }, 40_000)
    expect(await falling.exited).toBe(70)
    await replace(falling)
    await running.stop()
    await proveAll(running)
  })
})

/** @returns the ids of those that were acknowledged */
async function bulk(port: number, key: string, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, (_, i) => ({
    event_id: randomBytes(16).toString('hex'),
    message: `much at once ${i % 20}`,
  }))
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/events/bulk`, {
    method: 'POST',
    headers: { 'x-mesher-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(events),
  })
  if (response.status !== 202) return []
  const { results } = (await response.json()) as { results: { id?: string }[] }
  return results.flatMap(({ id }) => id ?? [])
}

/** What comes of a handshake, and of asking to run somebody's code. */
function talkTls(port: number, options: tls.ConnectionOptions): Promise<'open' | 'refused'> {
  return new Promise((resolve) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ...options }, () => {
      resolve('open')
      socket.destroy()
    })
    socket.on('error', () => resolve('refused'))
    socket.on('close', () => resolve('refused'))
  })
}

function talkPlain(port: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const heard: Buffer[] = []
    const socket = net.connect(port, '127.0.0.1', () =>
      socket.write(createHash('sha512').update('hello').digest()),
    )
    socket.on('data', (data) => heard.push(data))
    socket.on('error', () => {})
    // An alert of TLS may come before the end: it says nothing but that this is no TLS.
    socket.on('close', () => resolve(Buffer.concat(heard.filter(([type]) => type !== 21))))
  })
}
