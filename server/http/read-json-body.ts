// Reads the JSON body of a management request: only `application/json`, never more than the limit held in memory.
// The ingest doors have their own reader (compression, streaming, a shared budget).
import type { IncomingMessage } from 'node:http'
import { getRequestHeader, type H3Event } from 'h3'
import { DomainError } from '#server/domain/errors.ts'
import { KiB } from '#shared/constants/limits.ts'

/** The largest body most management routes have a use for is a few KiB; room for bulk actions. */
export const MAX_JSON_BODY_BYTES = 256 * KiB

export async function readJsonBody(event: H3Event, maxBytes = MAX_JSON_BODY_BYTES): Promise<unknown> {
  if (mediaType(event) !== 'application/json') throw new DomainError('unsupported_media_type')
  const text = await readText(event, maxBytes)
  if (text.trim() === '') throw new DomainError('empty_body')
  try {
    return JSON.parse(text)
  } catch {
    throw new DomainError('invalid_json')
  }
}

/** True for requests that say they carry a body. */
export const hasBody = (event: H3Event): boolean =>
  getRequestHeader(event, 'transfer-encoding') !== undefined ||
  Number(getRequestHeader(event, 'content-length') ?? 0) > 0

const mediaType = (event: H3Event): string =>
  (getRequestHeader(event, 'content-type') ?? '').split(';')[0]!.trim().toLowerCase() // split gives at least one part

async function readText(event: H3Event, maxBytes: number): Promise<string> {
  const tooLarge = () => new DomainError('payload_too_large', { maxBytes })
  if (Number(getRequestHeader(event, 'content-length') ?? 0) > maxBytes) throw tooLarge()
  const request = event.node.req as IncomingMessage & { body?: unknown }
  // Calls the server makes to itself carry the body ready-made.
  if (typeof request.body === 'string') return request.body
  const chunks: Buffer[] = []
  let bytes = 0
  // Not `for await`: leaving that loop early destroys the request, and the client would see a reset instead of 413.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) {
        chunks.length = 0
        request.removeAllListeners('data').resume()
        reject(tooLarge())
      } else chunks.push(chunk)
    })
    request.on('end', resolve)
    request.on('error', reject)
    request.on('aborted', () => reject(new DomainError('invalid_json')))
  })
  return Buffer.concat(chunks).toString('utf8')
}
