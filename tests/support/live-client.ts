// Somebody at the live socket: says things, keeps every answer, knows how it was closed.
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { liveAnswer, type LiveAnswer, type LiveMessage, type LiveRef } from '#shared/schemas/live.ts'
import { until } from './until.ts'

export const LIVE = '/api/v1/live'

export type AnswerOf<Type extends LiveAnswer['type']> = Extract<LiveAnswer, { type: Type }>

export class LiveClient {
  readonly ws: WebSocket
  readonly answers: LiveAnswer[] = []
  /** Close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>
  #connection: Socket | undefined

  private constructor(ws: WebSocket) {
    this.ws = ws
    // Every answer is held against the contract.
    ws.on('message', (data) => this.answers.push(liveAnswer.parse(JSON.parse(data.toString()))))
    ws.on('error', () => {}) // close follows
    ws.on('upgrade', ({ socket }) => (this.#connection = socket))
    this.closed = new Promise((resolve) =>
      ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
  }

  /** @param headers an empty one is left out */
  static async open(port: number, headers: Record<string, string>): Promise<LiveClient> {
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
    const ws = new WebSocket(`ws://127.0.0.1:${port}${LIVE}`, { headers: given })
    const client = new LiveClient(ws)
    await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
    return client
  }

  send(message: LiveMessage): void {
    this.raw(JSON.stringify(message))
  }

  raw(text: string | Buffer): void {
    this.ws.send(text)
  }

  /** Subscribes, and waits until it is told that it did. */
  async subscribe(
    id: LiveRef,
    message: Partial<Extract<LiveMessage, { type: 'subscribe' }>>,
  ): Promise<LiveAnswer> {
    const from = this.answers.length
    this.send({ type: 'subscribe', id, ...message })
    await this.hear((all) => all.slice(from).some((one) => isAnswer(one, id)))
    return this.answers.slice(from).find((one) => isAnswer(one, id))!
  }

  async hear(enough: (answers: LiveAnswer[]) => boolean, withinMs = 15_000): Promise<void> {
    await until(() => enough(this.answers), withinMs)
  }

  of<Type extends LiveAnswer['type']>(type: Type, id?: LiveRef): AnswerOf<Type>[] {
    return this.answers.filter(
      (one): one is AnswerOf<Type> =>
        one.type === type && (id === undefined || ('id' in one && one.id === id)),
    )
  }

  /** Reads nothing more, not even pings. */
  stopReading(): void {
    this.#connection!.pause()
  }

  readOn(): void {
    this.#connection!.resume()
  }

  async close(): Promise<void> {
    this.ws.terminate()
    await this.closed
  }
}

const isAnswer = (one: LiveAnswer, id: LiveRef): boolean =>
  (one.type === 'subscribed' || one.type === 'error') && one.id === id
