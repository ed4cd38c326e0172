// What a door needs of the running line, in one hand. Boot assembles it; doors ask for it.
import type { DatabaseClock } from '#server/domain/ingest/clock.ts'
import type { KeyCache } from '#server/domain/projects/key-cache.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { Encoded, Received } from './event-states.ts'
import type { Intake } from './intake.ts'
import type { OutcomeTally } from './outcome.ts'

export interface Line {
  keys: KeyCache
  clock: DatabaseClock
  intake: Intake
  budget: ByteBudget
  tally: OutcomeTally
  prepare(received: Received): Encoded
  /** False while the node is stopping: nothing new is accepted. */
  open: boolean
}

let current: Line | undefined

export function setLine(line: Line | undefined): void {
  current = line
}

/** The line, or undefined while the node is still starting. */
export const findLine = (): Line | undefined => current
