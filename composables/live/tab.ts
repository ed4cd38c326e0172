// What a tab listens to, and how the tabs of a browser share one socket. The tab that holds the lock speaks for all: it
// has the socket (line.ts), the others tell it over a channel what they want and hear from it what was said. When it
// goes, by whatever end, the next in line gets the lock, and everybody says again what they want and how far they came.
//
//   away → listening (somebody wants something, and the tab is seen) → away (nobody does, or not seen for a while)
//   Not seen for a while, what is wanted behind the scenes (alerts, where the browser may tell them) is still listened to.
//   listening: following (a tab that leads has said so) | leading (the lock is here)
//
// Only a tab that listens may lead: one that is hidden may be put to sleep by its browser (not while it holds a lock, says
// Chromium). Where there are no locks (plain http from another machine), each tab has its own socket.
import type { LiveAnswer } from '#shared/schemas/live'
import { openLine, type Line, type LineState, type LiveSpec } from './line.ts'

export interface LiveListener {
  /** Events, issues, counts, and how many were left out. */
  heard(answer: LiveAnswer): void
  /** From here on nothing is missed; what was read before may be old. */
  renewed?(): void
  /** It cannot be listened to, in words. */
  refused?(why: string): void
  /** Whether it is also wanted while nobody sees the tab. */
  whileHidden?(): boolean
}

interface Wanted {
  /** Its name on the socket; a new one each time it is asked for anew. */
  ref: string
  spec: LiveSpec
  /** Asked for, or to be asked for as soon as somebody leads. */
  isActive: boolean
  listeners: Set<LiveListener>
  /** The last position heard. */
  since: string | null
  begun: boolean
}

type Word =
  | { kind: 'who'; from: string }
  | { kind: 'lead'; from: string; state: LineState }
  | { kind: 'subscribe'; from: string; to: string; ref: string; spec: LiveSpec; since: string | null }
  | { kind: 'unsubscribe'; from: string; to: string; ref: string }
  /** `to` is null for what concerns everybody. */
  | { kind: 'told'; from: string; to: string | null; ref: string | null; answer: LiveAnswer }

type Standing = 'seen' | 'hidden' | 'gone'

const HIDDEN_MS = 30_000

export class LiveTab {
  /** For people: live only when everything first wanted has begun. */
  readonly state = shallowRef<LineState>('connecting')
  readonly #name: string
  readonly #url: string
  readonly #id = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`
  readonly #wanted = new Map<string, Wanted>()
  #serial = 0
  #lineState: LineState = 'connecting'
  #standing: Standing = 'seen'
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined
  /** While listening. */
  #stay: AbortController | undefined
  #channel: BroadcastChannel | undefined
  #leader: string | null = null
  #line: Line | undefined

  /** @param name what the tabs of one person have in common */
  constructor(name: string, url: string) {
    this.#name = name
    this.#url = url
    document.addEventListener('visibilitychange', () => this.#look())
    // A page that is kept for "back" must hold nothing open.
    addEventListener('pagehide', () => this.#become('gone'))
    addEventListener('pageshow', () => this.#look())
  }

  /** @returns ends it */
  listen(spec: LiveSpec, listener: LiveListener): () => void {
    const text = JSON.stringify(spec)
    let one = [...this.#wanted.values()].find(({ spec: other }) => JSON.stringify(other) === text)
    if (!one) {
      one = { ref: this.#newRef(), spec, isActive: false, listeners: new Set(), since: null, begun: false }
      this.#wanted.set(one.ref, one)
    }
    one.listeners.add(listener)
    this.#update()
    return () => {
      if (!one.listeners.delete(listener)) return
      if (one.listeners.size === 0) {
        this.#wanted.delete(one.ref)
        this.#setActive(one, false)
      }
      this.#update()
    }
  }

  readonly #newRef = (): string => `${this.#id}:${++this.#serial}`

  // ── Seen or not ──────────────────────────────────────────────────────────────────────────────────────────────────

  #look(): void {
    clearTimeout(this.#hiddenTimer)
    if (document.visibilityState === 'visible') this.#become('seen')
    else this.#hiddenTimer = setTimeout(() => this.#become('hidden'), HIDDEN_MS)
  }

  #become(standing: Standing): void {
    this.#standing = standing
    this.#update()
  }

  readonly #isWantedNow = ({ listeners }: Wanted): boolean =>
    this.#standing === 'seen' ||
    (this.#standing === 'hidden' && [...listeners].some((listener) => listener.whileHidden?.()))

  #update(): void {
    for (const one of [...this.#wanted.values()]) this.#setActive(one, this.#isWantedNow(one))
    const listens = [...this.#wanted.values()].some(({ isActive }) => isActive)
    if (listens && !this.#stay) this.#arrive()
    else if (!listens && this.#stay) this.#leave()
  }

  #setActive(one: Wanted, active: boolean): void {
    if (one.isActive === active) return
    one.isActive = active
    if (active) return this.#ask(one)
    one.begun = false
    if (this.#leader === this.#id) this.#line?.unsubscribe(one.ref)
    else if (this.#leader !== null)
      this.#say({ kind: 'unsubscribe', from: this.#id, to: this.#leader, ref: one.ref })
    if (!this.#wanted.delete(one.ref)) return
    // What is still said under the old name is about the time before.
    one.ref = this.#newRef()
    this.#wanted.set(one.ref, one)
  }

  #arrive(): void {
    const stay = (this.#stay = new AbortController())
    this.#setLineState('connecting')
    if (!('locks' in navigator)) return this.#lead()
    // Held as long as this tab listens, so that who leads hears of its end.
    this.#hold(this.#placeOf(this.#id), stay, () => {
      this.#channel = new BroadcastChannel(this.#name)
      this.#channel.onmessage = ({ data }: MessageEvent<Word>) => this.#hear(data)
      this.#say({ kind: 'who', from: this.#id })
      this.#hold(this.#name, stay, () => this.#lead())
    })
  }

  #leave(): void {
    // Closed before the lock goes to the next.
    this.#line?.close()
    this.#line = undefined
    this.#leader = null
    this.#channel?.close()
    this.#channel = undefined
    this.#stay?.abort()
    this.#stay = undefined
    for (const one of this.#wanted.values()) one.begun = false
  }

  readonly #placeOf = (tab: string): string => `${this.#name}:${tab}`

  /** Waits for the lock as long as this tab listens, and keeps it as long. */
  #hold(name: string, { signal }: AbortController, got: () => void): void {
    const held = () =>
      new Promise<void>((resolve) => {
        if (signal.aborted) return resolve()
        signal.addEventListener('abort', () => resolve())
        got()
      })
    navigator.locks.request(name, { signal }, held).catch((error: unknown) => {
      if (!signal.aborted) console.error('Live updates are not shared between tabs', error)
    })
  }

  // ── Leading ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #lead(): void {
    this.#leader = this.#id
    this.#line = openLine({
      url: this.#url,
      answered: (ref, answer) => this.#deliver(ref, answer),
      stateChanged: (state) => {
        this.#setLineState(state)
        this.#say({ kind: 'lead', from: this.#id, state })
      },
    })
    this.#askAll()
  }

  #deliver(ref: string | null, answer: LiveAnswer): void {
    const to = ref?.split(':')[0] ?? null
    if (to !== this.#id) this.#say({ kind: 'told', from: this.#id, to, ref, answer })
    if (to === this.#id || to === null) this.#take(ref, answer)
  }

  readonly #followed = new Map<string, Set<string>>()

  #follow(tab: string, ref: string): void {
    const refs = this.#followed.get(tab)
    if (refs) return void refs.add(ref)
    this.#followed.set(tab, new Set([ref]))
    const stay = this.#stay
    if (!stay) return
    // Its own lock is free when it has left, or crashed.
    navigator.locks
      .request(this.#placeOf(tab), { signal: stay.signal }, () => {
        for (const one of this.#followed.get(tab) ?? []) this.#line?.unsubscribe(one)
        this.#followed.delete(tab)
      })
      .catch(() => this.#followed.delete(tab)) // this tab has left meanwhile
  }

  // ── Following ────────────────────────────────────────────────────────────────────────────────────────────────────

  #say(word: Word): void {
    this.#channel?.postMessage(word)
  }

  #hear(word: Word): void {
    const leads = this.#leader === this.#id
    if (word.kind === 'who') {
      if (leads) this.#say({ kind: 'lead', from: this.#id, state: this.#lineState })
    } else if (word.kind === 'lead') {
      if (leads) return
      const isNew = this.#leader !== word.from
      this.#leader = word.from
      this.#setLineState(word.state)
      if (isNew) this.#askAll()
    } else if (word.kind === 'told') {
      // From one that led before: the new one tells it again.
      if (word.from === this.#leader && (word.to === this.#id || word.to === null))
        this.#take(word.ref, word.answer)
    } else if (word.to === this.#id && leads) {
      if (word.kind === 'subscribe') {
        this.#follow(word.from, word.ref)
        this.#line?.subscribe(word.ref, word.spec, word.since)
      } else {
        this.#followed.get(word.from)?.delete(word.ref)
        this.#line?.unsubscribe(word.ref)
      }
    }
  }

  #askAll(): void {
    for (const one of this.#wanted.values()) if (one.isActive) this.#ask(one)
  }

  #ask({ ref, spec, since }: Wanted): void {
    if (this.#leader === this.#id) this.#line?.subscribe(ref, spec, since)
    else if (this.#leader !== null)
      this.#say({ kind: 'subscribe', from: this.#id, to: this.#leader, ref, spec, since })
  }

  // ── What was said ────────────────────────────────────────────────────────────────────────────────────────────────

  #take(ref: string | null, answer: LiveAnswer): void {
    const concerned = ref === null ? [...this.#wanted.values()] : [this.#wanted.get(ref)]
    for (const one of concerned) {
      if (!one) continue
      if ('position' in answer && answer.position) one.since = answer.position
      if (answer.type === 'subscribed') one.begun = true
      const isRenewed = ['subscribed', 'reset', 'dropped', 'gone'].includes(answer.type)
      for (const listener of one.listeners) {
        if (isRenewed) listener.renewed?.()
        if (answer.type === 'error') listener.refused?.(answer.message)
        else listener.heard(answer)
      }
      // Others are not kept waiting for what will not come.
      if (answer.type === 'error') one.begun = true
    }
    this.#show()
  }

  #setLineState(state: LineState): void {
    this.#lineState = state
    this.#show()
  }

  #show(): void {
    const allBegun = [...this.#wanted.values()].every(({ begun, isActive }) => begun || !isActive)
    const isLive = this.#lineState === 'live'
    // What is wanted later, on the next page, begins without a word.
    if (isLive && !allBegun && this.state.value !== 'live') return
    this.state.value = this.#lineState
  }
}
