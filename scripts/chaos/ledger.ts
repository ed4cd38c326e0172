// What was sent and what was acknowledged, event by event: what the proof holds against what is stored. An event is a
// number; its id holds it (bench/event-ids.ts).
import { randomBytes } from 'node:crypto'
import { eventId, RUN_DIGITS } from '../../bench/event-ids.ts'

export class Ledger {
  readonly run = randomBytes(RUN_DIGITS / 2).toString('hex')
  /** `Date.now()` of the first attempt; by number. */
  readonly sentAt: number[] = []
  /** Of the first acknowledgement; 0 while there is none. */
  readonly acknowledgedAt: number[] = []
  /** Which of the issues each is of. */
  readonly issueOf: number[] = []
  /** Attempts that ended without an acknowledgement. */
  readonly triesOf: number[] = []
  acknowledged = 0
  attempts = 0
  /** Attempts by how they ended, when that was no acknowledgement. */
  readonly refused = new Map<string, number>()
  #longestWaitMs = 0

  /** A new event. @returns its number */
  add(issue: number): number {
    this.acknowledgedAt.push(0)
    this.issueOf.push(issue)
    this.triesOf.push(0)
    return this.sentAt.push(Date.now()) - 1
  }

  idOf = (number: number): string => eventId(this.run, number)

  acknowledge(number: number): void {
    if (this.acknowledgedAt[number] !== 0) return
    const now = Date.now()
    this.acknowledgedAt[number] = now
    this.#longestWaitMs = Math.max(this.#longestWaitMs, now - this.sentAt[number]!)
    this.acknowledged++
  }

  /** The longest that any event acknowledged since the last call had waited. */
  takeLongestWaitMs(): number {
    const longest = this.#longestWaitMs
    this.#longestWaitMs = 0
    return longest
  }

  refuse(how: string, events = 1): void {
    this.refused.set(how, (this.refused.get(how) ?? 0) + events)
  }
}
