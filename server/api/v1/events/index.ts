// One event, JSON. 202 with its id once it is committed.
import { defineIngestDoor, errorOf } from '#server/http/ingest-door.ts'
import { MAX_EVENT_BYTES } from '#shared/constants/limits.ts'

export default defineIngestDoor({
  name: 'single',
  style: 'own',
  summary: 'Send one event',
  admitFirst: true,
  limits: { wireBytes: MAX_EVENT_BYTES, decodedBytes: MAX_EVENT_BYTES },
  async handle({ body, accept }) {
    const { id, verdict } = await accept({ dialect: 'own' }, { json: body })
    const error = errorOf(verdict)
    if (error) throw error
    return { status: 202, body: { id } }
  },
})
