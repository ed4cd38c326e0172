import { scrub as scrubEvent } from '#server/domain/ingest/scrub.ts'
import type { Normalised, Scrubbed } from '../event-states.ts'

/** Takes secrets out, before anything is titled, indexed, stored or logged. */
export function scrub({ project, stamp, event }: Normalised): Scrubbed {
  return { state: 'scrubbed', project, stamp, event: scrubEvent(event, project.scrub) }
}
