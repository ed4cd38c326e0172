// The store endpoint: what older SDKs and hand-written scripts send. One event, JSON.
import { acceptStore } from '#server/http/accept-envelope.ts'
import { defineIngestDoor } from '#server/http/ingest-door.ts'
import { MAX_EVENT_BYTES } from '#shared/constants/limits.ts'

export default defineIngestDoor({
  name: 'store',
  style: 'sentry',
  summary: 'Sentry store',
  admitFirst: true,
  limits: { wireBytes: MAX_EVENT_BYTES, decodedBytes: MAX_EVENT_BYTES },
  handle: acceptStore,
})
