// Up to 1,000 events: a JSON array, or one JSON object a line (application/x-ndjson). Each is judged by itself; the
// answer has one result per event, in order.
import { acceptBulk } from '#server/http/accept-bulk.ts'
import { defineIngestDoor } from '#server/http/ingest-door.ts'
import { MAX_BULK_BYTES } from '#shared/constants/limits.ts'

export default defineIngestDoor({
  name: 'bulk',
  style: 'own',
  summary: 'Send up to 1,000 events',
  admitFirst: true,
  limits: { wireBytes: MAX_BULK_BYTES, decodedBytes: MAX_BULK_BYTES },
  handle: acceptBulk,
})
