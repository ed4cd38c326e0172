// Reports that browsers send by themselves when a page's content security policy stopped something.
import { acceptSecurity } from '#server/http/accept-envelope.ts'
import { defineIngestDoor } from '#server/http/ingest-door.ts'
import { MAX_EVENT_BYTES } from '#shared/constants/limits.ts'

export default defineIngestDoor({
  name: 'security',
  style: 'sentry',
  summary: 'Content security policy reports',
  limits: { wireBytes: MAX_EVENT_BYTES, decodedBytes: MAX_EVENT_BYTES },
  handle: acceptSecurity,
})
