// The sender: so many events a second, whatever the server does, through three doors. What is not acknowledged is sent
// again with the same id, through any door of any node and after a pause that grows, until it is.
import { until } from '../../tests/support/until.ts'
import type { Random } from '../../tests/support/random.ts'
import { openHttpDoor, openStreamDoor, type Door } from './doors.ts'
import { Ledger } from './ledger.ts'

export interface SenderOptions {
  /** Of the nodes. */
  ports: readonly number[]
  key: string
  ratePerSecond: number
  issues: number
  /** New issues appear one after the other over the first four fifths of it. */
  totalMs: number
  random: Random
}

const TICK_MS = 20
/** Until an event is sent again; twice as long each time, and never longer than the last. */
const AGAIN_MS = [250, 500, 1_000, 2_000]
const SINGLE_REQUESTS = 48
const BULK_REQUESTS = 4
const BULK_EVENTS = 100
const BULK_GATHER_MS = 150
/** Two sockets, each below the thousand messages the server lets wait. */
const STREAM_SOCKETS = 2
const STREAM_MESSAGES = 800
const USERS = 500

export class Sender {
  readonly ledger = new Ledger()
  readonly #o: SenderOptions
  readonly #lanes: Lane[]
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: SenderOptions) {
    this.#o = options
    const { ledger } = this
    const { key, ports } = options
    const lane = (door: Door, most: number, bulk?: { size: number; gatherMs: number }) =>
      new Lane(door, most, bulk ?? { size: 1, gatherMs: 0 }, (events) => this.#attempt(door, events))
    this.#lanes = ports.flatMap((port) => {
      const address = { port, key }
      return [
        lane(openHttpDoor(address, ledger, false), Math.ceil(SINGLE_REQUESTS / ports.length)),
        lane(openHttpDoor(address, ledger, true), Math.ceil(BULK_REQUESTS / ports.length), {
          size: BULK_EVENTS,
          gatherMs: BULK_GATHER_MS,
        }),
        ...Array.from({ length: STREAM_SOCKETS }, () =>
          lane(openStreamDoor(address, ledger), STREAM_MESSAGES / STREAM_SOCKETS),
        ),
      ]
    })
  }

  start(): void {
    const { ratePerSecond, totalMs, issues, random } = this.#o
    const began = performance.now()
    let made = 0
    this.#timer = setInterval(() => {
      const elapsedMs = performance.now() - began
      const known = Math.min(issues, 1 + Math.floor((elapsedMs / (totalMs * 0.8)) * issues))
      for (; made < (elapsedMs / 1_000) * ratePerSecond; made++) {
        this.#send(this.ledger.add(random.below(known)))
      }
    }, TICK_MS)
  }

  /** Nothing new; what has no acknowledgement yet is still sent again. */
  stop(): void {
    clearInterval(this.#timer)
  }

  untilAllAcknowledged(withinMs: number): Promise<void> {
    return until(() => this.ledger.acknowledged === this.ledger.sentAt.length, withinMs)
  }

  close(): void {
    this.stop()
    this.#closed = true
    for (const { door } of this.#lanes) door.close()
  }

  #send(number: number): void {
    if (!this.#closed) this.#o.random.oneOf(this.#lanes).add(number)
  }

  async #attempt(door: Door, numbers: readonly number[]): Promise<void> {
    const { ledger } = this
    ledger.attempts += numbers.length
    const events = numbers.map((number) => ({
      number,
      event: eventOf(ledger.idOf(number), number, ledger.issueOf[number]!),
    }))
    const acknowledged = await door.send(events)
    for (const number of acknowledged) ledger.acknowledge(number)
    const unsure = numbers.filter((number) => !acknowledged.has(number))
    for (const number of unsure) {
      const tries = ledger.triesOf[number]!++
      setTimeout(() => this.#send(number), AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)])
    }
  }
}

/** What waits for one door, and how much of it is under way. */
class Lane {
  readonly door: Door
  readonly #most: number
  readonly #bulk: { size: number; gatherMs: number }
  readonly #attempt: (numbers: readonly number[]) => Promise<void>
  #queue: number[] = []
  #busy = 0
  #gathering = false

  constructor(
    door: Door,
    most: number,
    bulk: { size: number; gatherMs: number },
    attempt: (numbers: readonly number[]) => Promise<void>,
  ) {
    this.door = door
    this.#most = most
    this.#bulk = bulk
    this.#attempt = attempt
  }

  add(number: number): void {
    this.#queue.push(number)
    const { gatherMs } = this.#bulk
    if (gatherMs === 0) return this.#go()
    if (this.#gathering) return
    this.#gathering = true
    setTimeout(() => {
      this.#gathering = false
      this.#go()
    }, gatherMs)
  }

  #go(): void {
    while (this.#busy < this.#most && this.#queue.length > 0) {
      this.#busy++
      void this.#attempt(this.#queue.splice(0, this.#bulk.size)).then(() => {
        this.#busy--
        if (!this.#gathering) this.#go()
      })
    }
  }
}

const LEVELS = ['error', 'error', 'error', 'warning', 'fatal']
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

function eventOf(id: string, number: number, issue: number) {
  const name = LETTERS[issue]!
  return {
    event_id: id,
    platform: 'node',
    level: LEVELS[number % LEVELS.length],
    environment: number % 7 === 0 ? 'staging' : 'production',
    release: `shop@2.${number % 5}.0`,
    user: { id: `customer-${number % USERS}` },
    tags: { region: number % 3 === 0 ? 'us' : 'eu' },
    exception: {
      values: [
        {
          type: `Fault${name}Error`,
          value: `Order ${number} could not be priced`,
          stacktrace: {
            frames: ['handle', 'price', 'discount'].map((step, i) => ({
              filename: `app/orders/${step}.ts`,
              function: `${step}Order${name}`,
              lineno: 10 * (i + 1),
              in_app: true,
            })),
          },
        },
      ],
    },
  }
}
