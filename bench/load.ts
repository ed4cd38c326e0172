// The load generator, a process of its own: gets a plan, sends for that long, waits for what is out, answers with what
// was acknowledged (number by number), how long it took, and what was refused.
//
// Closed: each connection sends its next request when the last (on the stream: one of its window) was answered. Open (`ratePerSecond`): requests are due
// at fixed times whether or not the server keeps up, and latency counts from when one was due, not from when a
// connection was free to send it.
import { fillTemplate, makeTemplates, type BodyPlan, type RequestTemplate } from './bodies.ts'
import type { Answer, Connection } from './connection.ts'
import { HttpConnection } from './http-connection.ts'
import { StreamConnection } from './stream-connection.ts'

export interface LoadPlan {
  port: number
  body: BodyPlan
  connections: number
  /** Requests without an answer on each connection: one over HTTP, more on the stream. */
  window: number
  seconds: number
  /** Requests a second, open loop; as fast as it goes when absent. */
  ratePerSecond?: number
}

export interface LoadResult {
  /** Numbers of the events acknowledged. */
  acknowledged: Uint32Array
  /** Events sent, acknowledged or not. */
  sent: number
  requests: number
  /** From the first request to the last answer. */
  seconds: number
  /** Milliseconds, of acknowledged requests. */
  latency: { p50: number; p95: number; p99: number; max: number }
  /** Requests by status that is no success; `broken` for connections that ended. */
  refused: Record<string, number>
  /** Size of one request's body. */
  requestBytes: number
}

const HOST = '127.0.0.1'
/** For answers that are still out when the time is up. */
const FINISH_MS = 30_000
/** An open loop opens more connections when all are busy, up to here. */
const MOST_CONNECTIONS = 1_024

class Run {
  readonly #plan: LoadPlan
  readonly #templates: RequestTemplate[]
  readonly #acknowledged: number[] = []
  readonly #latencies: number[] = []
  readonly #refused: Record<string, number> = {}
  #next = 0
  #requests = 0
  #lastAnswer = 0

  constructor(plan: LoadPlan) {
    this.#plan = plan
    this.#templates = makeTemplates(plan.body)
  }

  async go(): Promise<LoadResult> {
    const began = performance.now()
    const until = began + this.#plan.seconds * 1_000
    const work = this.#plan.ratePerSecond
      ? this.#open(began, until, this.#plan.ratePerSecond)
      : this.#closed(until)
    let late: NodeJS.Timeout | undefined
    await Promise.race([
      work,
      new Promise((resolve) => (late = setTimeout(resolve, this.#plan.seconds * 1_000 + FINISH_MS))),
    ])
    clearTimeout(late)
    return {
      acknowledged: Uint32Array.from(this.#acknowledged),
      sent: this.#next,
      requests: this.#requests,
      seconds: (this.#lastAnswer - began) / 1_000,
      latency: percentiles(this.#latencies),
      refused: this.#refused,
      requestBytes: this.#templates[0]!.bytes.length,
    }
  }

  async #closed(until: number): Promise<void> {
    await Promise.all(
      Array.from({ length: this.#plan.connections }, async () => {
        const connection = this.#connect()
        const senders = Array.from({ length: this.#plan.window }, async () => {
          while (performance.now() < until) await this.#send(connection, performance.now())
        })
        await Promise.all(senders)
        connection.close()
      }),
    )
  }

  #connect(): Connection {
    const { port, body } = this.#plan
    return body.kind === 'stream'
      ? new StreamConnection(HOST, port, body.path, body.headers)
      : new HttpConnection(HOST, port)
  }

  #open(began: number, until: number, ratePerSecond: number): Promise<void> {
    const idle = Array.from({ length: this.#plan.connections }, () => this.#connect())
    const all = [...idle]
    const waiting: number[] = []
    let due = 0
    let out = 0
    return new Promise((resolve) => {
      const sendAt = (when: number) => {
        const connection = idle.pop() ?? (all.length < MOST_CONNECTIONS ? this.#another(all) : undefined)
        if (!connection) return void waiting.push(when)
        out++
        void this.#send(connection, when).then(() => {
          out--
          idle.push(connection)
          const next = waiting.shift()
          if (next !== undefined) sendAt(next)
          else if (out === 0 && performance.now() >= until) {
            for (const each of all) each.close()
            resolve()
          }
        })
      }
      const tick = () => {
        const now = performance.now()
        const total = Math.floor(((Math.min(now, until) - began) / 1_000) * ratePerSecond)
        for (; due < total; due++) sendAt(began + (due * 1_000) / ratePerSecond)
        if (now < until) setTimeout(tick, 1)
      }
      tick()
    })
  }

  #another(all: Connection[]): Connection {
    const connection = this.#connect()
    all.push(connection)
    return connection
  }

  /** @param from when the request was due */
  #send(connection: Connection, from: number): Promise<void> {
    const { eventsPerRequest, run } = this.#plan.body
    const first = this.#next
    this.#next += eventsPerRequest
    const template = this.#templates[this.#requests++ % this.#templates.length]!
    return new Promise((resolve) => {
      const done = (answer: Answer | null) => {
        const now = performance.now()
        this.#lastAnswer = now
        if (answer && (answer.status === 202 || answer.status === 200)) {
          this.#latencies.push(now - from)
          this.#acknowledge(first, answer)
        } else {
          const kind = answer ? String(answer.status) : 'broken'
          this.#refused[kind] = (this.#refused[kind] ?? 0) + 1
        }
        resolve()
      }
      connection.send(fillTemplate(template, run, first), done, first)
    })
  }

  #acknowledge(first: number, { body }: Answer): void {
    const { kind, eventsPerRequest } = this.#plan.body
    // A bulk answer begins with how many were accepted; only when some were not, each result is looked at.
    const accepted =
      kind === 'bulk' ? /"accepted":(\d+)/.exec(body.toString('latin1', 0, 64))?.[1] : undefined
    if (accepted === undefined || Number(accepted) === eventsPerRequest) {
      for (let i = 0; i < eventsPerRequest; i++) this.#acknowledged.push(first + i)
      return
    }
    const { results } = JSON.parse(body.toString('utf8')) as { results: { id?: string }[] }
    for (const [i, { id }] of results.entries()) {
      if (id !== undefined) this.#acknowledged.push(first + i)
      else this.#refused['in bulk'] = (this.#refused['in bulk'] ?? 0) + 1
    }
  }
}

function percentiles(latencies: number[]): LoadResult['latency'] {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}

process.once('message', async (plan: LoadPlan) => {
  const run = new Run(plan)
  process.send!('ready')
  process.once('message', async () => {
    process.send!(await run.go(), () => process.disconnect())
  })
})
