// What a door needs of the running line, in one hand. Boot assembles it; doors and sockets ask for it.
import type { DatabaseClock } from '#server/domain/ingest/clock.ts'
import type { RateLimiter } from '#server/domain/ingest/rate-limiter.ts'
import type { IngestProject, KeyCache } from '#server/domain/projects/key-cache.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { ClientReportTally } from './client-reports.ts'
import type { Received } from './event-states.ts'
import type { Intake } from './intake.ts'
import type { OutcomeTally, Verdict } from './outcome.ts'

/** A payload as a door hands it over; the line stamps it. */
export interface Incoming extends Pick<
  Received,
  'payload' | 'dialect' | 'eventId' | 'sentAt' | 'attachments' | 'peerAddress' | 'userAgent'
> {
  project: IngestProject
}
export interface Accepted {
  /** 32 lower hex */
  id: string
  verdict: Verdict
}

export interface Line {
  keys: KeyCache
  limiter: RateLimiter
  clock: DatabaseClock
  intake: Intake
  budget: ByteBudget
  tally: OutcomeTally
  clientReports: ClientReportTally
  /**
   * Stamps and prepares one payload, and waits until it is durable or refused.
   * @throws DomainError what preparing finds wrong with it; at once, before anything waits
   */
  accept(incoming: Incoming): Promise<Accepted>
  /** False while the node is stopping: nothing new is accepted. */
  open: boolean
}

let current: Line | undefined

export function setLine(line: Line | undefined): void {
  current = line
}

/** The line, or undefined while the node is still starting. */
export const findLine = (): Line | undefined => current
