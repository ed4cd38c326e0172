// One keep-alive HTTP/1.1 connection over a bare socket: writes a whole request, reads the answer. A client of node's
// own would cost several times as much, on the cores the server is being measured on. Understands what our servers
// answer: a length, or chunks; anything else ends the connection.
import net from 'node:net'
import type { Answer, Connection, Done } from './connection.ts'

const HEAD_END = Buffer.from('\r\n\r\n')
const CHUNKS_END = Buffer.from('\r\n0\r\n\r\n')

export class HttpConnection implements Connection {
  readonly #port: number
  readonly #host: string
  #socket: net.Socket | undefined
  #received: Buffer[] = []
  #bytes = 0
  /** The whole answer's size; 0 while unknown. */
  #expected = 0
  #done: Done | undefined

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  send(request: Buffer, done: Done): void {
    this.#done = done
    const socket = (this.#socket ??= this.#open())
    socket.write(request)
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): net.Socket {
    const socket = net.connect({ host: this.#host, port: this.#port, noDelay: true })
    socket.on('data', (chunk) => this.#onData(chunk))
    socket.on('error', () => {}) // close follows
    socket.on('close', () => {
      if (this.#socket === socket) this.#finish(null)
    })
    return socket
  }

  #onData(chunk: Buffer): void {
    this.#received.push(chunk)
    this.#bytes += chunk.length
    if (this.#expected === 0) this.#expected = this.#measure()
    if (this.#expected === 0 || this.#bytes < this.#expected) return
    const whole = this.#received.length === 1 ? chunk : Buffer.concat(this.#received, this.#bytes)
    const headEnd = whole.indexOf(HEAD_END)
    // "HTTP/1.1 202 …"
    const status = Number(whole.toString('latin1', 9, 12))
    const closing = /^connection: close\r$/im.test(whole.toString('latin1', 0, headEnd + 1))
    this.#finish({ status, body: whole.subarray(headEnd + HEAD_END.length) }, closing)
  }

  /** The size of the whole answer, once it can be known. */
  #measure(): number {
    const so = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received, this.#bytes)
    const headEnd = so.indexOf(HEAD_END)
    if (headEnd === -1) return 0
    const head = so.toString('latin1', 0, headEnd).toLowerCase()
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
    if (length !== undefined) return headEnd + HEAD_END.length + Number(length)
    if (head.includes('transfer-encoding: chunked'))
      return so.subarray(-CHUNKS_END.length).equals(CHUNKS_END) ? so.length : 0
    return headEnd + HEAD_END.length
  }

  #finish(answer: Answer | null, closing = answer === null): void {
    this.#received = []
    this.#bytes = 0
    this.#expected = 0
    if (closing) {
      const socket = this.#socket
      this.#socket = undefined
      socket?.destroy()
    }
    const done = this.#done
    this.#done = undefined
    done?.(answer)
  }
}
