// Where events are prepared: in threads of this process, so that the event loop keeps its hands free for requests and
// the database, and a second core works; or here, when there is no thread or the threads have enough to do already. In:
// bodies; out: what preparation.ts makes of them. Who starts threads and looks after them is not its business
// (processes/preparer.ts).
//
// A thread has two messages in hand, one it works on and one that waits: what comes meanwhile is the next, so messages
// grow with the load, and their cost, two wake-ups each, does not. A thread that falls leaves its bodies here: they are
// prepared in this thread then, as they all would be without any.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { KiB } from '#shared/constants/limits.ts'
import { prepareBody, type Preparation, type Prepared } from './preparation.ts'
import { packJobs, unpackDone, type Answer, type Job, type Message } from './prepared-message.ts'

/** The thread's end of the line: node:worker_threads' Worker, and what a test puts in its place. */
export interface PreparerThread {
  postMessage(message: Message, transfer: readonly ArrayBuffer[]): void
  on(event: 'message', listener: (answer: Answer) => void): unknown
}

export interface Preparers {
  /**
   * In the order of the body.
   * @throws DomainError when the body as a whole is none
   */
  run(preparation: Preparation, body: Buffer): Promise<Prepared[]>
  /** @returns what to call when the thread is to have no more work */
  attach(thread: PreparerThread): Attached
}

export interface Attached {
  /** Resolves when the thread has answered everything; it gets nothing more. */
  drain(): Promise<void>
  /** The thread is gone: what it has not answered is prepared here. */
  detach(): void
}

/** A few milliseconds of work: with more in it, the first event would wait for the last. */
const MESSAGE_BYTES = 128 * KiB
const MESSAGES_IN_HAND = 2
/** With more than this behind what the threads have, this one lends a hand: its core would idle while senders wait. */
const HELP_BYTES = 128 * KiB
/** Preparing here: after so many events the requests of others get their turn, and the threads their next bodies. */
const TURN_EVENTS = 25

interface Waiting extends Job {
  resolve(prepared: Prepared[]): void
  reject(error: unknown): void
}
interface Hand {
  thread: PreparerThread
  /** At the thread. */
  jobs: Map<number, Waiting>
  messages: number
  open: boolean
  idle: (() => void) | null
}

export function createPreparers(userSalt: Buffer): Preparers {
  const hands: Hand[] = []
  let queue: Waiting[] = []
  let queuedBytes = 0
  let lastId = 0
  let planned = false
  let helping = false

  async function here(preparation: Preparation, body: Buffer): Promise<Prepared[]> {
    const prepared: Prepared[] = []
    for (const one of prepareBody(preparation, body, userSalt)) {
      prepared.push(one)
      if (prepared.length % TURN_EVENTS === 0) await nextTurn()
    }
    return prepared
  }

  const finish = ({ preparation, body, resolve, reject }: Waiting) =>
    here(preparation, body).then(resolve, reject)

  /** Behind all reads of this turn of the event loop: what they brought is one message. */
  function plan(): void {
    if (planned) return
    planned = true
    setImmediate(handOut)
  }

  function handOut(): void {
    planned = false
    // Each its first message before any its second.
    for (let depth = 1; depth <= MESSAGES_IN_HAND; depth++)
      for (const hand of hands) if (hand.messages < depth) fill(hand)
    if (needsHelp() && !helping) void help()
  }

  function fill(hand: Hand): void {
    if (!hand.open || queue.length === 0) return
    let bytes = 0
    const jobs: Waiting[] = []
    do {
      const job = queue[jobs.length]!
      hand.jobs.set(job.id, job)
      bytes += job.body.length
      jobs.push(job)
    } while (jobs.length < queue.length && bytes + queue[jobs.length]!.body.length <= MESSAGE_BYTES)
    queue = queue.slice(jobs.length)
    queuedBytes -= bytes
    hand.messages++
    const message = packJobs(jobs)
    hand.thread.postMessage(message, [message.bytes.buffer])
  }

  const needsHelp = () => queue.length > 0 && (queuedBytes > HELP_BYTES || !hands.some(({ open }) => open))

  /** One body at a time, the threads' next first. */
  async function help(): Promise<void> {
    helping = true
    while (needsHelp()) {
      const job = queue.shift()! // there is one
      queuedBytes -= job.body.length
      await finish(job)
      await nextTurn()
    }
    helping = false
  }

  function receive(hand: Hand, answer: Answer): void {
    for (const { id, results } of unpackDone(answer, (id) => hand.jobs.get(id)!.preparation)) {
      const { resolve, reject } = hand.jobs.get(id)!
      hand.jobs.delete(id)
      if (results instanceof Error) reject(results)
      else resolve(results as Prepared[])
    }
    if (hand.jobs.size === 0) hand.idle?.()
    if (!answer.last) return
    hand.messages--
    fill(hand)
  }

  return {
    run(preparation, body) {
      if (!hands.some(({ open }) => open)) return here(preparation, body)
      return new Promise((resolve, reject) => {
        queue.push({ id: ++lastId, preparation, body, resolve, reject })
        queuedBytes += body.length
        plan()
      })
    },
    attach(thread) {
      const hand: Hand = { thread, jobs: new Map(), messages: 0, open: true, idle: null }
      thread.on('message', (answer) => {
        if (hands.includes(hand)) receive(hand, answer)
      })
      hands.push(hand)
      return {
        async drain() {
          hand.open = false
          if (hand.jobs.size > 0) await new Promise<void>((resolve) => (hand.idle = resolve))
        },
        detach() {
          hands.splice(hands.indexOf(hand), 1)
          for (const job of hand.jobs.values()) void finish(job)
          if (queue.length > 0) plan()
        },
      }
    },
  }
}
