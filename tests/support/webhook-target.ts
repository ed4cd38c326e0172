// Somebody's server that webhooks are sent to: a real one, that does what a test tells it.
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  method: string
  path: string
  headers: http.IncomingHttpHeaders
  body: string
}
export type Behaviour = (response: http.ServerResponse, received: Received) => void

export interface WebhookTarget {
  url: string
  port: number
  received: Received[]
  /** What it does from now on. */
  answer(behaviour: Behaviour): void
  close(): Promise<void>
}

export const ok: Behaviour = (response) => response.end('ok')
export const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Behaviour =>
  (response) =>
    response.writeHead(code, headers).end(body)
/** Takes the request and says nothing. */
export const hang: Behaviour = () => {}

export async function startTarget(host = '127.0.0.1', port = 0): Promise<WebhookTarget> {
  let behaviour = ok
  const received: Received[] = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = {
        ...{ method: request.method ?? '', path: request.url ?? '', headers: request.headers },
        body: Buffer.concat(chunks).toString(),
      }
      received.push(one)
      behaviour(response, one)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  const bound = (server.address() as AddressInfo).port
  return {
    url: `http://${host}:${bound}/hook`,
    port: bound,
    received,
    answer: (next) => (behaviour = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
