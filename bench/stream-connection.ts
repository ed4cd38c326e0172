// One socket of the ingest stream over a bare connection: writes whole frames, reads the acknowledgements by their fixed
// form. Several messages are out at once; each is settled by its ref. As with http-connection.ts, a client library would
// cost several times as much on the cores that are being measured.
import { randomBytes } from 'node:crypto'
import net from 'node:net'
import { refOf } from './bodies.ts'
import type { Answer, Connection, Done } from './connection.ts'

const NOTHING = Buffer.alloc(0)
const HEAD_END = Buffer.from('\r\n\r\n')
/** `{"type":"ack","ref":"` */
const ACK_REF_AT = 21
const REF_DIGITS = 8
const TEXT = 0x81
const PING = 0x89

export class StreamConnection implements Connection {
  readonly #host: string
  readonly #port: number
  readonly #handshake: string
  readonly #waiting = new Map<string, Done>()
  #socket: net.Socket | undefined
  #received: Buffer = NOTHING
  #upgraded = false
  #corked = false

  constructor(host: string, port: number, path: string, headers: Record<string, string>) {
    this.#host = host
    this.#port = port
    const all = {
      ...{ host: 'bench.example.org', connection: 'Upgrade', upgrade: 'websocket' },
      ...{ 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64') },
      ...headers,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    this.#handshake = `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
  }

  send(frame: Buffer, done: Done, number: number): void {
    const socket = (this.#socket ??= this.#open())
    this.#waiting.set(refOf(number), done)
    // A batch of acknowledgements lets as many messages leave: one system call for all of them.
    if (!this.#corked) {
      this.#corked = true
      socket.cork()
      setImmediate(() => {
        this.#corked = false
        socket.uncork()
      })
    }
    socket.write(frame)
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): net.Socket {
    const socket = net.connect({ host: this.#host, port: this.#port, noDelay: true })
    // Messages may follow the handshake at once; a refused one ends the connection, and them with it.
    socket.write(this.#handshake)
    socket.on('data', (chunk) => this.#onData(socket, chunk))
    socket.on('error', () => {}) // close follows
    socket.on('close', () => this.#broken(socket))
    return socket
  }

  #broken(socket: net.Socket): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    this.#upgraded = false
    this.#received = NOTHING
    const lost = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const done of lost) done(null)
  }

  #onData(socket: net.Socket, chunk: Buffer): void {
    const received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    let at = 0
    if (!this.#upgraded) {
      const headEnd = received.indexOf(HEAD_END)
      if (headEnd !== -1 && received.toString('latin1', 9, 12) !== '101') return void socket.destroy()
      if (headEnd !== -1) at = headEnd + HEAD_END.length
      this.#upgraded = headEnd !== -1
    }
    while (this.#upgraded && received.length - at >= 2) {
      const short = received[at + 1]!
      const head = short === 126 ? 4 : 2
      if (received.length - at < head) break
      const length = short === 126 ? received.readUInt16BE(at + 2) : short
      if (received.length - at < head + length) break
      this.#onFrame(socket, received[at]!, received.subarray(at + head, at + head + length))
      at += head + length
    }
    this.#received = at === received.length ? NOTHING : received.subarray(at)
  }

  #onFrame(socket: net.Socket, kind: number, payload: Buffer): void {
    if (kind === PING) return void socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0])) // our own pings are empty
    if (kind !== TEXT) return void socket.destroy()
    const isAck = payload[9] === 0x61 // {"type":"a…
    if (isAck)
      return this.#settle(payload.toString('latin1', ACK_REF_AT, ACK_REF_AT + REF_DIGITS), ACKNOWLEDGED)
    const { ref, error } = JSON.parse(payload.toString()) as { ref: string; error: { code: string } }
    this.#settle(ref, { status: error.code, body: NOTHING })
  }

  #settle(ref: string, answer: Answer): void {
    const done = this.#waiting.get(ref)
    this.#waiting.delete(ref)
    done?.(answer)
  }
}

const ACKNOWLEDGED: Answer = { status: 202, body: NOTHING }
