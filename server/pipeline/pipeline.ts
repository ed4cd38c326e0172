// The plan of the line, and the only place that knows its order:
//
//   door → normalise → scrub → fingerprint → encode → pick counters → intake → [identify group → discard? → regression? → store] → announce
//
// The first four cost CPU and run where the preparers say (preparers.ts), counters are picked where the alert rules are;
// the bracket is one transaction of a whole batch (stages/write.ts), run by the writers; the announcer tells what the
// transaction wrote to the outbox.
import type { GroupingMethods } from '#server/domain/grouping/versions.ts'
import type { Encoded, Received } from './event-states.ts'
import type { IngestProject } from '#server/domain/projects/key-cache.ts'
import { encode } from './stages/encode.ts'
import { fingerprint } from './stages/fingerprint.ts'
import { normalise } from './stages/normalise.ts'
import { pickCounters } from './stages/pick-counters.ts'
import { scrub } from './stages/scrub.ts'

/**
 * Makes an event ready to be written, but for what the project's alert rules count.
 * @param methods see stages/fingerprint.ts
 * @throws DomainError invalid_event, in the own dialect, with each problem and its path
 */
export function prepare(received: Received, userSalt: Buffer, methods?: GroupingMethods): Encoded {
  return encode(fingerprint(scrub(normalise(received)), methods), userSalt)
}

/** The rest of it. */
export const count = (event: Encoded, { counters = [] }: Pick<IngestProject, 'counters'>): Encoded =>
  pickCounters(event, counters)
