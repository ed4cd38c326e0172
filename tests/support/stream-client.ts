// A program at the ingest stream: sends messages, keeps every answer, knows how it was closed. And an upgrade by hand,
// for statuses and for peers that do not behave.
import http from 'node:http'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { streamAnswer, type StreamAnswer } from '#shared/schemas/ingest.ts'
import { until } from './until.ts'

export const STREAM = '/api/v1/events/stream'

export class StreamClient {
  readonly ws: WebSocket
  readonly answers: StreamAnswer[] = []
  /** Close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>

  private constructor(ws: WebSocket) {
    this.ws = ws
    // Every answer is held against the contract.
    ws.on('message', (data) => this.answers.push(streamAnswer.parse(JSON.parse(data.toString()))))
    ws.on('error', () => {}) // close follows
    this.closed = new Promise((resolve) =>
      ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
  }

  static async open(port: number, key: string): Promise<StreamClient> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${STREAM}`, { headers: { 'x-mesher-key': key } })
    const client = new StreamClient(ws)
    await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
    return client
  }

  send(ref: string | number, event: unknown): void {
    this.raw(JSON.stringify({ type: 'event', ref, event }))
  }

  raw(text: string | Buffer): void {
    this.ws.send(text)
  }

  /** The answers to everything sent so far, once there are so many. */
  async hear(n: number, withinMs = 15_000): Promise<StreamAnswer[]> {
    await until(() => this.answers.length >= n, withinMs)
    return this.answers
  }

  get acknowledged(): string[] {
    return this.answers.flatMap((answer) => (answer.type === 'ack' ? [answer.id] : []))
  }
}

export interface Upgraded {
  status: number
  body: { error?: { code: string } }
  headers: http.IncomingHttpHeaders
  /** Of an upgrade that succeeded. */
  socket?: Socket
}

const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
}

/** @param headers an empty one is left out */
export function askForUpgrade(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<Upgraded> {
  const all = Object.entries({ ...HANDSHAKE, ...headers }).filter(([, value]) => value !== '')
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, headers: Object.fromEntries(all) })
    request.on('error', reject)
    request.on('upgrade', (response, socket) => {
      socket.on('error', () => {})
      resolve({ status: response.statusCode!, headers: response.headers, body: {}, socket })
    })
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: text ? JSON.parse(text) : {},
        }),
      )
    })
  })
}

/** A client's text frame, up to 64 KiB; its mask is zero. */
export function textFrame(text: string, { final = true } = {}): Buffer {
  const payload = Buffer.from(text)
  const long = payload.length > 125
  const head = Buffer.alloc(long ? 8 : 6)
  head[0] = (final ? 0x80 : 0) | 0x1
  head[1] = 0x80 | (long ? 126 : payload.length)
  if (long) head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}
