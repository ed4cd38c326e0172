// A whole node in this process, on a real database, behind real sockets: for what a built server cannot be told to do.
// Whoever looks has an API token of an organisation of its own making.
import { randomBytes, randomUUID } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type pg from 'pg'
import { setConfig } from '#server/domain/settings.ts'
import { hashToken } from '#server/domain/tokens/live-token.ts'
import { createLiveStream } from '#server/http/sockets/live-stream.ts'
import { serveUpgrade, type SocketDoor } from '#server/http/sockets/upgrade.ts'
import { NEW_PROJECT_GROUPING } from '#server/domain/grouping/versions.ts'
import { startNode, type RunningNode } from '#server/processes/start-node.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { findLiveHub } from '#server/streaming/live.ts'
import type { LiveHub } from '#server/streaming/live-hub.ts'
import { parseConfig } from '#shared/schemas/config.ts'
import { scrubSettings } from '#shared/schemas/project.ts'
import { createTestDatabase } from './database.ts'
import { LIVE, LiveClient } from './live-client.ts'

export interface LiveNode {
  port: number
  pool: pg.Pool
  node: RunningNode
  hub: LiveHub
  door: SocketDoor
  /** What was logged as wrong. */
  complaints: string[]
  send(projectId: number, event: object, sampleRate?: number): Promise<string>
  /** Closed by `stop`. */
  connect(token: string): Promise<LiveClient>
  stop(): Promise<void>
}

export async function startLiveNode(options: Parameters<typeof createLiveStream>[0] = {}): Promise<LiveNode> {
  const test = await createTestDatabase()
  const database: Database = openDatabase(test.url)
  setDatabase(database)
  const complaints: string[] = []
  const node = startNode({
    database,
    config: { version: 'test', spool: null, publicUrl: 'http://127.0.0.1', webhookPrivate: false },
    userSalt: Buffer.from('salt'),
    log: { info: () => {}, error: (message) => complaints.push(message) },
    onExhausted: (error) => complaints.push(String(error)),
  })
  await node.supervision.started
  const door = createLiveStream(options)
  const server = http.createServer((_req, res) => res.end())
  server.on('upgrade', (req, socket, head) =>
    serveUpgrade(req.url === LIVE ? door : undefined, req, socket, head),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const parsed = parseConfig({ PORT: String(port) })
  if (!parsed.ok) throw new Error(parsed.problems.join())
  setConfig(parsed.config)
  const clients: LiveClient[] = []
  return {
    ...{ port, pool: database.read, node, hub: findLiveHub()!, door, complaints },
    async send(projectId, event, sampleRate = 1) {
      const { id, verdict } = await node.line.accept(
        {
          dialect: 'own',
          project: {
            ...{ id: projectId, retentionDays: 90, sampleRate },
            ...{ scrub: scrubSettings.parse({}), grouping: NEW_PROJECT_GROUPING },
          },
        },
        { payload: event },
      )
      if (
        typeof verdict === 'object' &&
        'outcome' in verdict &&
        ['stored', 'sampled'].includes(verdict.outcome)
      )
        return id
      throw new Error(`The event was not taken: ${JSON.stringify(verdict)}`)
    },
    async connect(token) {
      const client = await LiveClient.open(port, { authorization: `Bearer ${token}` })
      clients.push(client)
      return client
    },
    async stop() {
      for (const client of clients) await client.close()
      await door.close(0)
      server.closeAllConnections()
      server.close()
      await node.stop()
      setDatabase(undefined)
      setConfig(undefined)
      await database.close()
      await test.drop()
    },
  }
}

/** A new member of an organisation, with a token for reading. */
export async function insertReader(pool: pg.Pool, orgId: number): Promise<{ userId: string; token: string }> {
  const userId = randomUUID()
  const token = `msh_${randomBytes(32).toString('base64url')}`
  await pool.query(`insert into "user" (id, name, email) values ($1, 'Reader', $1 || '@example.org')`, [
    userId,
  ])
  await pool.query(`insert into member (organization_id, user_id, role) values ($1, $2, 'member')`, [
    orgId,
    userId,
  ])
  await pool.query(
    `insert into api_token (organization_id, creator_id, name, token_hash, hint, scopes)
     values ($1, $2, 'Live', $3, 'msh_', '{event:read}')`,
    [orgId, userId, hashToken(token)],
  )
  return { userId, token }
}
