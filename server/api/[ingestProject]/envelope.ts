// Sentry envelopes: what every current SDK sends. 200 with the event's id, as they expect.
import { acceptEnvelope, keyInEnvelope } from '#server/http/accept-envelope.ts'
import { defineIngestDoor } from '#server/http/ingest-door.ts'
import { MAX_ENVELOPE_BYTES, MAX_ENVELOPE_WIRE_BYTES } from '#shared/constants/limits.ts'

export default defineIngestDoor({
  name: 'envelope',
  style: 'sentry',
  summary: 'Sentry envelope',
  limits: { wireBytes: MAX_ENVELOPE_WIRE_BYTES, decodedBytes: MAX_ENVELOPE_BYTES },
  keyInBody: keyInEnvelope,
  handle: acceptEnvelope,
})
