// The stored normal form: JSON, compressed by us because PostgreSQL's own compression is slower or not there. Only the
// detail page unpacks it.
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { MAX_EVENT_BYTES } from '#shared/constants/limits.ts'
import type { NormalEvent } from '#shared/schemas/event.ts'

const decompress = promisify(zstdDecompress)

/** Normalising may lengthen an event a little (names, notes); a damaged row must not unpack to gigabytes. */
const MAX_PAYLOAD_BYTES = 4 * MAX_EVENT_BYTES

export async function unpackPayload(payload: Buffer): Promise<NormalEvent> {
  const text = await decompress(payload, { maxOutputLength: MAX_PAYLOAD_BYTES })
  return JSON.parse(text.toString('utf8')) as NormalEvent // written by our normaliser; the door parses what leaves
}
