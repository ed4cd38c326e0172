// Three ways to send: one event a request, many a request, many on a socket that stays. In: events with ids of the
// sender's choice; out: which of them were acknowledged. Whoever waits too long for an answer gives up, as real senders
// do, and what becomes of that attempt is not known.
import http from 'node:http'
import { WebSocket } from 'ws'
import type { Ledger } from './ledger.ts'

export interface Outgoing {
  number: number
  event: { event_id: string }
}

export interface Door {
  /** The numbers of those acknowledged. Never throws: what went wrong is in the ledger. */
  send(events: readonly Outgoing[]): Promise<ReadonlySet<number>>
  close(): void
}

/** Shorter than the longest freeze: an event's first attempt may arrive after its second. */
const ANSWER_MS = 4_000
const NONE: ReadonlySet<number> = new Set()

export function openHttpDoor(address: { port: number; key: string }, ledger: Ledger, bulk: boolean): Door {
  const agent = new http.Agent({ keepAlive: true })
  const path = bulk ? '/api/v1/events/bulk' : '/api/v1/events'
  return {
    async send(events) {
      const body = JSON.stringify(bulk ? events.map(({ event }) => event) : events[0]!.event)
      const answer = await post(agent, address, path, body)
      if (answer.status !== 202) {
        ledger.refuse(String(answer.status), events.length)
        return NONE
      }
      const parsed = JSON.parse(answer.text) as { id?: string; results?: { id?: string; error?: Problem }[] }
      const results = parsed.results ?? [parsed]
      return new Set(
        events.flatMap(({ number, event }, i) =>
          isAcknowledged(ledger, event.event_id, results[i]) ? [number] : [],
        ),
      )
    },
    close: () => agent.destroy(),
  }
}

interface Problem {
  code: string
}

function isAcknowledged(ledger: Ledger, id: string, result: { id?: string; error?: Problem } | undefined) {
  if (result?.id === id) return true
  ledger.refuse(result?.error?.code ?? `acknowledged as ${result?.id}`)
  return false
}

type HttpAnswer = { status: number | 'broken' | 'not answered'; text: string }

function post(
  agent: http.Agent,
  { port, key }: { port: number; key: string },
  path: string,
  body: string,
): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(ANSWER_MS)
  const failed = (): HttpAnswer => ({ status: signal.aborted ? 'not answered' : 'broken', text: '' })
  return new Promise((resolve) => {
    const headers = { 'x-mesher-key': key, 'content-type': 'application/json' }
    const request = http.request(
      { agent, host: '127.0.0.1', port, path, method: 'POST', headers, signal },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode!, text }))
        response.on('error', () => resolve(failed()))
      },
    )
    request.on('error', () => resolve(failed()))
    request.end(body)
  })
}

/** One socket, opened again when it was closed; each message is settled by its ref, the event's number. */
export function openStreamDoor({ port, key }: { port: number; key: string }, ledger: Ledger): Door {
  const waiting = new Map<number, (acknowledged: boolean) => void>()
  let socket: Promise<WebSocket> | undefined

  function open(): Promise<WebSocket> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/api/v1/events/stream`, {
      headers: { 'x-mesher-key': key },
      handshakeTimeout: ANSWER_MS,
    })
    ws.on('message', (data) => heard(JSON.parse(data.toString()) as StreamAnswer))
    ws.on('error', () => {}) // close follows
    ws.on('close', () => {
      socket = undefined
      for (const settle of [...waiting.values()]) settle(false)
    })
    return new Promise((resolve, reject) => ws.once('open', () => resolve(ws)).once('close', reject))
  }

  function heard(answer: StreamAnswer): void {
    const number = Number(answer.ref)
    const right = answer.type === 'ack' && answer.id === ledger.idOf(number)
    if (!right) ledger.refuse(answer.type === 'ack' ? `acknowledged as ${answer.id}` : answer.error.code)
    waiting.get(number)?.(right)
  }

  return {
    async send([outgoing]) {
      const { number, event } = outgoing!
      const ws = await (socket ??= open()).catch(() => undefined)
      if (ws?.readyState !== WebSocket.OPEN) {
        ledger.refuse('broken')
        return NONE
      }
      return new Promise((resolve) => {
        const late = setTimeout(() => {
          ledger.refuse('not answered')
          waiting.get(number)!(false)
          ws.terminate()
        }, ANSWER_MS)
        waiting.set(number, (acknowledged) => {
          clearTimeout(late)
          waiting.delete(number)
          resolve(acknowledged ? new Set([number]) : NONE)
        })
        ws.send(JSON.stringify({ type: 'event', ref: number, event }), () => {}) // close follows a failure
      })
    },
    close: () => void socket?.then((ws) => ws.terminate()).catch(() => {}),
  }
}

type StreamAnswer = { type: 'ack'; ref: number; id: string } | { type: 'error'; ref: number; error: Problem }
