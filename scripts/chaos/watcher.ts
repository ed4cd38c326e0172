// Somebody who looks at the project from one node all the while, as docs/live.md says it is done: connects again whenever
// the connection ends, from the last position that was heard, and reads the list again when told that something is
// missing. It keeps which issues it knows of.
import { setTimeout as sleep } from 'node:timers/promises'
import { liveAnswer } from '#shared/schemas/live.ts'
import { WebSocket } from 'ws'

export interface WatcherOptions {
  port: number
  token: string
  projectId: number
}

const AGAIN_MS = 300
const HANDSHAKE_MS = 5_000
/** The server pings every 30 s; a node that is frozen or gone without a word is noticed by our own. */
const SILENT_MS = 4_000

export class Watcher {
  readonly issues = new Set<string>()
  events = 0
  connections = 0
  /** How often it was told that something is missing. */
  rereads = 0
  readonly #o: WatcherOptions
  #since: string | undefined
  #ws: WebSocket | undefined
  #closed = false

  constructor(options: WatcherOptions) {
    this.#o = options
    void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#ws?.terminate()
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      await this.#connection()
      await sleep(AGAIN_MS)
    }
  }

  #connection(): Promise<void> {
    const { port, token, projectId } = this.#o
    return new Promise((resolve) => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, {
        headers: { authorization: `Bearer ${token}` },
        handshakeTimeout: HANDSHAKE_MS,
      })
      this.#ws = ws
      let heardAt = performance.now()
      const watch = setInterval(() => {
        if (ws.readyState === WebSocket.OPEN) ws.ping()
        if (performance.now() - heardAt > SILENT_MS + HANDSHAKE_MS) ws.terminate()
      }, SILENT_MS / 2)
      ws.on('open', () => {
        this.connections++
        ws.send(
          JSON.stringify({
            ...{ type: 'subscribe', id: 1, projectId: String(projectId), filters: {} },
            ...(this.#since === undefined ? {} : { since: this.#since }),
          }),
        )
      })
      ws.on('pong', () => (heardAt = performance.now()))
      ws.on('message', (data) => {
        heardAt = performance.now()
        if (this.#hear(data.toString()) === 'error') ws.terminate()
      })
      ws.on('error', () => {}) // close follows
      ws.on('close', () => {
        clearInterval(watch)
        resolve()
      })
    })
  }

  async #reread(): Promise<void> {
    this.rereads++
    const { port, token, projectId } = this.#o
    while (!this.#closed) {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/projects/${projectId}/issues?limit=100`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(HANDSHAKE_MS),
      }).catch(() => null)
      if (answer?.ok) {
        const { data } = (await answer.json()) as { data: { id: string }[] }
        for (const { id } of data) this.issues.add(id)
        return
      }
      await answer?.body?.cancel()
      await sleep(AGAIN_MS)
    }
  }

  /** @returns what kind of answer it was */
  #hear(text: string): string {
    const answer = liveAnswer.parse(JSON.parse(text))
    if (answer.type === 'event') this.events++
    if (answer.type === 'reset' || answer.type === 'dropped') void this.#reread()
    if (answer.type === 'issue.created') this.issues.add(answer.issueId)
    if (answer.type === 'subscribed') this.#since ??= answer.position ?? undefined
    else if ('position' in answer && answer.position !== null) this.#since = answer.position
    return answer.type
  }
}
