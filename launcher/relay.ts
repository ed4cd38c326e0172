// Server processes cannot hear each other; this passes their questions round. In: a question of one of them; out: to it,
// what every process answered, with what the launcher knows of each. One that does not answer in time (it hangs, it is
// just starting) is in the list without a value: that is news as well.
import { siblingAnswer, siblingAsk, type Sibling } from '#shared/schemas/siblings.ts'

/** Longer than a busy event loop takes, shorter than a scraper waits. */
const PATIENCE_MS = 1_500

/** A server process, up or down. */
export interface Known extends Omit<Sibling, 'value'> {
  /** Null while it is down. */
  send: ((message: object) => void) | null
}

export interface Relay {
  /** A message of the process with this index; what is none of ours is ignored. */
  heard(index: number, message: unknown): void
}

interface Round {
  asker: number
  /** The number the asker gave it. */
  askerId: number
  values: Map<number, unknown>
  waitingFor: Set<number>
  timer: NodeJS.Timeout
}

export function createRelay(known: () => readonly Known[], patienceMs = PATIENCE_MS): Relay {
  const rounds = new Map<number, Round>()
  let serial = 0

  function finish(id: number): void {
    const round = rounds.get(id)
    if (!round) return
    rounds.delete(id)
    clearTimeout(round.timer)
    const all = known()
    all
      .find(({ index }) => index === round.asker)
      ?.send?.({
        mesher: 'answers',
        id: round.askerId,
        siblings: all.map(({ send: _, ...one }) => ({ ...one, value: round.values.get(one.index) ?? null })),
      })
  }

  return {
    heard(index, message) {
      const asked = siblingAsk.safeParse(message)
      if (asked.success) {
        const id = ++serial
        const up = known().filter(({ send }) => send)
        const timer = setTimeout(() => finish(id), patienceMs).unref()
        const waitingFor = new Set(up.map((one) => one.index))
        rounds.set(id, { asker: index, askerId: asked.data.id, values: new Map(), waitingFor, timer })
        for (const { send } of up) send!({ mesher: 'question', id, what: asked.data.what })
        return
      }
      const answered = siblingAnswer.safeParse(message)
      const round = answered.success ? rounds.get(answered.data.id) : undefined
      if (!answered.success || !round) return
      round.values.set(index, answered.data.value)
      round.waitingFor.delete(index)
      if (round.waitingFor.size === 0) finish(answered.data.id)
    },
  }
}
