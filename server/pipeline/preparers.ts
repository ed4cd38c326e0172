// Where events are prepared: in threads of this process, so that the event loop keeps its hands free for requests and
// the database, and a second core works; or here, when there is no thread or the threads have enough to do already. In:
// bodies; out: what preparation.ts makes of them. Who starts threads and looks after them is not its business
// (processes/preparer.ts).
//
// What arrives in one turn of the event loop goes to a thread as one message. A thread that falls leaves its bodies
// here: they are prepared in this thread then, as they all would be without any.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { KiB } from '#shared/constants/limits.ts'
import { prepareBody, type Preparation, type Prepared } from './preparation.ts'
import { packJobs, unpackDone, type Job, type Message } from './prepared-message.ts'

/** The thread's end of the line: node:worker_threads' Worker, and what a test puts in its place. */
export interface PreparerThread {
  postMessage(message: Message, transfer: readonly ArrayBuffer[]): void
  on(event: 'message', listener: (message: Message) => void): unknown
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

/**
 * A few milliseconds of work: with so much at each thread, this one lends a hand with what waits behind. With more a
 * thread would be asked to do what somebody else could have done by then, with less it would wait for the next.
 */
const ENOUGH_BYTES = 256 * KiB
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
  bytes: number
  open: boolean
  idle: (() => void) | null
}

export function createPreparers(userSalt: Buffer): Preparers {
  const hands: Hand[] = []
  let queue: Waiting[] = []
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
    for (const hand of hands.toSorted((a, b) => a.bytes - b.bytes)) fill(hand)
    if (queue.length > 0 && !helping) void help()
  }

  function fill(hand: Hand): void {
    if (!hand.open) return
    const jobs: Waiting[] = []
    while (hand.bytes < ENOUGH_BYTES && jobs.length < queue.length) {
      const job = queue[jobs.length]!
      hand.jobs.set(job.id, job)
      hand.bytes += job.body.length
      jobs.push(job)
    }
    if (jobs.length === 0) return
    queue = queue.slice(jobs.length)
    const message = packJobs(jobs)
    hand.thread.postMessage(message, [message.bytes.buffer])
  }

  /** One body at a time, as long as some wait although the threads have enough. */
  async function help(): Promise<void> {
    helping = true
    for (let job = queue.shift(); job; job = queue.shift()) {
      await finish(job)
      await nextTurn()
    }
    helping = false
  }

  function receive(hand: Hand, message: Message): void {
    for (const { id, results } of unpackDone(message, (id) => hand.jobs.get(id)!.preparation)) {
      const job = hand.jobs.get(id)!
      hand.jobs.delete(id)
      hand.bytes -= job.body.length
      if (results instanceof Error) job.reject(results)
      else job.resolve(results as Prepared[])
    }
    if (hand.jobs.size === 0) hand.idle?.()
    if (queue.length > 0) fill(hand)
  }

  return {
    run(preparation, body) {
      if (!hands.some(({ open }) => open)) return here(preparation, body)
      return new Promise((resolve, reject) => {
        queue.push({ id: ++lastId, preparation, body, resolve, reject })
        plan()
      })
    },
    attach(thread) {
      const hand: Hand = { thread, jobs: new Map(), bytes: 0, open: true, idle: null }
      thread.on('message', (message) => {
        if (hands.includes(hand)) receive(hand, message)
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
