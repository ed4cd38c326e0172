// The smallest proxy that shows what a mesh is behind one: requests and upgrades to each node in turn, past those that
// take no connections or are being drained. For trying out and for tests; in production a real one stands there.
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const HOST = '127.0.0.1'

export interface Proxy {
  port: number
  /** Gives the node nothing new, and waits until its last request was answered; open sockets stay. */
  drain(port: number): Promise<void>
  undrain(port: number): void
  close(): Promise<void>
}

/** @param ports of the nodes, at any time */
export async function startProxy(port: number, ports: () => readonly number[]): Promise<Proxy> {
  const drained = new Set<number>()
  const busy = new Map<number, number>()
  const sockets = new Set<Socket>()
  let turn = 0

  /** A connection to the next node that takes one. */
  async function connect(): Promise<{ target: number; socket: Socket } | null> {
    const all = ports().filter((candidate) => !drained.has(candidate))
    const first = turn++
    for (let i = 0; i < all.length; i++) {
      const target = all[(first + i) % all.length]!
      count(target, 1)
      const socket = await open(target)
      if (socket) return { target, socket }
      count(target, -1)
    }
    return null
  }

  function count(target: number, by: number): void {
    busy.set(target, (busy.get(target) ?? 0) + by)
  }

  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const found = await connect()
    if (!found) return void res.writeHead(503, { 'retry-after': '1' }).end()
    const { target, socket } = found
    res.once('close', () => {
      count(target, -1)
      socket.destroy()
    })
    const passed = http.request(
      {
        ...{ method: req.method, path: req.url, createConnection: () => socket },
        headers: { ...req.headers, connection: 'close' },
      },
      (answer) => {
        const { connection: _, 'keep-alive': __, ...headers } = answer.headers
        res.writeHead(answer.statusCode!, headers)
        answer.pipe(res)
        answer.on('error', () => res.destroy())
      },
    )
    passed.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()))
    req.pipe(passed)
  }

  async function upgrade(req: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    client.on('error', () => {})
    const found = await connect()
    if (!found) return void client.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n')
    const { target, socket } = found
    // A socket that stays is no request that is waited for.
    count(target, -1)
    const headers = Array.from({ length: req.rawHeaders.length / 2 }, (_, i) =>
      req.rawHeaders.slice(2 * i, 2 * i + 2).join(': '),
    )
    socket.write(`${req.method} ${req.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
    socket.write(head)
    socket.pipe(client).pipe(socket)
    socket.on('error', () => client.destroy())
    socket.on('close', () => client.destroy())
    client.on('close', () => socket.destroy())
  }

  const server = http.createServer((req, res) => void pass(req, res))
  server.on('upgrade', (req, socket, head) => void upgrade(req, socket as Socket, head))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: HOST, port }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async drain(target) {
      drained.add(target)
      while ((busy.get(target) ?? 0) > 0) await sleep(20)
    },
    undrain: (target) => void drained.delete(target),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function open(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: HOST, port, noDelay: true })
    socket.once('connect', () => {
      socket.off('error', failed)
      resolve(socket)
    })
    const failed = () => resolve(null)
    socket.once('error', failed)
  })
}
