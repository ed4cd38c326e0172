// What a door needs of the running line, in one hand. Boot assembles it; doors and sockets ask for it.
import type { DatabaseClock } from '#server/domain/ingest/clock.ts'
import type { RateLimiter } from '#server/domain/ingest/rate-limiter.ts'
import type { IngestProject, KeyCache } from '#server/domain/projects/key-cache.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { ClientReportTally } from './client-reports.ts'
import type { BulkForm } from '#server/domain/ingest/split-bulk.ts'
import type { Encoded, Received } from './event-states.ts'
import type { Intake } from './intake.ts'
import type { OutcomeTally, Verdict } from './outcome.ts'
import type { Prepared } from './preparation.ts'

/** What a door says of an event it hands over; the line stamps it. */
export interface Incoming extends Pick<
  Received,
  'dialect' | 'eventId' | 'sentAt' | 'attachments' | 'peerAddress' | 'userAgent'
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
   * Stamps and prepares one event, of its JSON or of what a door has parsed already, and waits until it is durable or
   * refused.
   * @throws DomainError what is wrong with it; before anything waits
   */
  accept(incoming: Incoming, content: { json: Buffer } | { payload: unknown }): Promise<Accepted>
  /**
   * Stamps and prepares what a bulk body holds, in its order; nothing is accepted yet.
   * @throws DomainError when the body as a whole is none
   */
  prepareBulk(incoming: Incoming, body: Buffer, form: BulkForm): Promise<Prepared[]>
  /** Waits until a prepared event is durable or refused. */
  submit(event: Encoded): Promise<Accepted>
  /** False while the node is stopping: nothing new is accepted. */
  open: boolean
}

let current: Line | undefined

export function setLine(line: Line | undefined): void {
  current = line
}

/** The line, or undefined while the node is still starting. */
export const findLine = (): Line | undefined => current
