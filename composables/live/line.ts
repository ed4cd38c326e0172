// The one socket of a browser, held by the tab that speaks for all (tab.ts): it connects again after pauses that grow,
// and then subscribes anew to what is still wanted, from the last position that was heard.
import type { LiveAnswer, LiveFilters } from '#shared/schemas/live'
import { useEventListener, useWebSocket } from '@vueuse/core'

export interface ProjectSpec {
  projectId: string
  filters?: LiveFilters
  /** False: issues and counts only. */
  events?: boolean
}
/** With the short name of an organisation: the alerts of its projects. */
export type LiveSpec = ProjectSpec | { org: string }

/** `off`: the server does not want this session any more. */
export type LineState = 'connecting' | 'live' | 'reconnecting' | 'off'

export interface Line {
  /** @param ref the subscription's name on this socket: never used twice */
  subscribe(ref: string, spec: LiveSpec, since: string | null): void
  unsubscribe(ref: string): void
  close(): void
}

interface LineOptions {
  url: string
  /** `ref` is null for what is said of the socket. */
  answered(ref: string | null, answer: LiveAnswer): void
  stateChanged(state: LineState): void
}

const REFUSED = 1008
const MAX_PAUSE_MS = 30_000
const RETRY_SUBSCRIPTION_MS = 5_000
/** What is asked again means the same again; everything else is the server's trouble, and passes. */
const FINAL: ReadonlySet<string> = new Set([
  'invalid_message',
  'invalid_query',
  'not_found',
  'forbidden',
  'conflict',
  'too_many_subscriptions',
])

/** After a restart of the server not everybody comes at the same moment. */
export function pauseBefore(attempt: number, random = Math.random): number {
  const most = Math.min(MAX_PAUSE_MS, 500 * 2 ** attempt)
  return most / 2 + (random() * most) / 2
}

export function openLine({ url, answered, stateChanged }: LineOptions): Line {
  const wanted = new Map<string, { spec: LiveSpec; since: string | null }>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  const scope = effectScope(true)

  const ask = (ref: string) => {
    const one = wanted.get(ref)
    if (one && status.value === 'OPEN')
      send(
        JSON.stringify({ type: 'subscribe', id: ref, ...one.spec, since: one.since ?? undefined }),
        false, // what is asked while it is not open is asked when it opens
      )
  }
  function hear(text: unknown) {
    const answer = JSON.parse(String(text)) as LiveAnswer
    const ref = 'id' in answer && answer.id !== undefined ? String(answer.id) : null
    if (ref === null) return answered(null, answer)
    const one = wanted.get(ref)
    // Said before it heard that nobody listens any more.
    if (!one) return
    if ('position' in answer && answer.position) one.since = answer.position
    if (answer.type === 'error' && !FINAL.has(answer.code)) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        ask(ref)
      }, RETRY_SUBSCRIPTION_MS)
      timers.add(timer)
      return
    }
    if (answer.type === 'gone' || answer.type === 'error') wanted.delete(ref)
    answered(ref, answer)
  }

  const { status, send, open, close } = scope.run(() => {
    const socket = useWebSocket(url, {
      immediate: false,
      // It would close at every `beforeunload`, also where the reader then stays.
      autoClose: false,
      autoReconnect: { delay: (attempt: number) => pauseBefore(attempt) },
      onConnected() {
        stateChanged('live')
        for (const ref of wanted.keys()) ask(ref)
      },
      onDisconnected(_, { code }) {
        if (code === REFUSED) socket.close()
        stateChanged(code === REFUSED ? 'off' : 'reconnecting')
      },
      onMessage: (_, { data }) => hear(data),
    })
    // Back on a network: what was connected over another one is dead without knowing it.
    useEventListener('online', () => socket.open())
    return socket
  })!
  stateChanged('connecting')
  open()

  return {
    subscribe(ref, spec, since) {
      wanted.set(ref, { spec, since })
      ask(ref)
    },
    unsubscribe(ref) {
      if (wanted.delete(ref) && status.value === 'OPEN')
        send(JSON.stringify({ type: 'unsubscribe', id: ref }), false)
    },
    close() {
      close()
      wanted.clear()
      for (const timer of timers) clearTimeout(timer)
      scope.stop()
    },
  }
}
