// Sentry envelope → header and items (sentry-protocol: a JSON line, then per item a JSON line and a payload of
// `length` bytes, or up to the next newline when there is no length). Payloads are views into the body, not copies.
import { DomainError } from '../errors.ts'
import { parseJson } from './parse-json.ts'

export interface EnvelopeItem {
  type: string
  header: Record<string, unknown>
  payload: Buffer
}
export interface Envelope {
  header: Record<string, unknown>
  items: EnvelopeItem[]
}

const NEWLINE = 0x0a
/** An SDK sends a handful; thousands are an attempt to keep us busy. */
const MAX_ITEMS = 1_000

const bad = (cause: string) => new DomainError('invalid_envelope', { causes: [cause] })

/** @throws DomainError invalid_envelope, with the cause in `details.causes` */
export function parseEnvelope(body: Buffer): Envelope {
  const first = lineAt(body, 0)
  const header = parseHeader(first.line, 'envelope header')
  const items: EnvelopeItem[] = []
  let at = first.next
  while (at < body.length) {
    const { line, next } = lineAt(body, at)
    if (line.length === 0) {
      at = next // an empty line between items or at the end
      continue
    }
    if (items.length >= MAX_ITEMS) throw bad('too many items')
    const itemHeader = parseHeader(line, `header of item ${items.length + 1}`)
    const { type, length } = itemHeader
    if (typeof type !== 'string') throw bad(`item ${items.length + 1} has no type`)
    let end: number
    if (typeof length === 'number') {
      end = next + length
      if (!Number.isInteger(length) || length < 0 || end > body.length)
        throw bad(`item ${items.length + 1} says ${length} bytes, the body ends before`)
      if (end < body.length && body[end] !== NEWLINE)
        throw bad(`item ${items.length + 1} is longer than the ${length} bytes it says`)
    } else {
      const newline = body.indexOf(NEWLINE, next)
      end = newline === -1 ? body.length : newline
    }
    items.push({ type, header: itemHeader, payload: body.subarray(next, end) })
    at = end + 1
  }
  return { header, items }
}

/** The envelope's first line: all that the tunnel form needs before the key is known. */
export function parseEnvelopeHeader(body: Buffer, maxBytes: number): Record<string, unknown> {
  const { line } = lineAt(body.subarray(0, maxBytes), 0)
  return parseHeader(line, 'envelope header')
}

function lineAt(body: Buffer, from: number): { line: Buffer; next: number } {
  const newline = body.indexOf(NEWLINE, from)
  const end = newline === -1 ? body.length : newline
  return { line: body.subarray(from, end), next: end + 1 }
}

function parseHeader(line: Buffer, what: string): Record<string, unknown> {
  let value: unknown
  try {
    value = parseJson(line)
  } catch (error) {
    if (error instanceof DomainError) throw bad(`${what}: ${error.message}`)
    throw error
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(`${what}: not a JSON object`)
  return value as Record<string, unknown> // checked on the line above
}
