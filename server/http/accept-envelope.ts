// What the Sentry doors do: find the events in an envelope or a store body, accept them, answer as SDKs expect, and
// tell them which kinds of data not to send again.
import zlib from 'node:zlib'
import { DomainError } from '#server/domain/errors.ts'
import { readClientReport } from '#server/domain/ingest/client-report.ts'
import { parseDsn } from '#server/domain/ingest/credentials.ts'
import { parseEnvelope, parseEnvelopeHeader, type EnvelopeItem } from '#server/domain/ingest/envelope.ts'
import type { Attachments } from '#server/domain/ingest/normalise.ts'
import { securityPayloads } from '#server/domain/ingest/security-report.ts'
import { parseJson } from '#server/domain/ingest/parse-json.ts'
import { MAX_EVENT_BYTES, MAX_TUNNEL_HEADER_BYTES } from '#shared/constants/limits.ts'
import { errorOf, outcomeOf, type IngestAnswer, type IngestContext } from './ingest-door.ts'

/**
 * Mesher keeps errors. With this on a success, SDKs stop collecting and sending the rest for an hour, errors untouched
 * (categories are Sentry's rate-limit categories, which differ from item types).
 */
const UNWANTED =
  '3600:transaction;span;session;replay;profile;profile_chunk;metric_bucket;trace_metric;log_item;monitor;attachment:organization:unsupported'

/** Kinds of item that are answered with that header. */
const QUIETED = new Set([
  'transaction',
  'span',
  'session',
  'sessions',
  'replay_event',
  'replay_recording',
  'replay_video',
  'profile',
  'profile_chunk',
  'statsd',
  'metric_meta',
  'metric',
  'trace_metric',
  'log',
  'check_in',
  'attachment',
])

export function keyInEnvelope(body: Buffer) {
  return parseDsn(parseEnvelopeHeader(body, MAX_TUNNEL_HEADER_BYTES).dsn)
}

export async function acceptEnvelope(context: IngestContext): Promise<IngestAnswer> {
  const { header, items } = parseEnvelope(context.body)
  const headers = items.some((item) => QUIETED.has(item.type)) ? { 'x-sentry-rate-limits': UNWANTED } : {}
  for (const item of items)
    if (item.type === 'client_report')
      context.line.clientReports.count(
        context.key.project.id,
        readClientReport(item.payload),
        context.line.clock.now(),
      )
  const events = items.filter((item) => item.type === 'event')
  const headerId = eventIdOf(header)
  if (events.length === 0) return { status: 200, body: headerId ? { id: headerId } : {}, headers }

  const admitted = await context.admit(events.length)
  if (admitted === 0) throw context.rateLimited()
  if (admitted < events.length) context.refuse('rate_limited', events.length - admitted)
  const files = attachmentsOf(items)
  const settled = await Promise.allSettled(
    events
      .slice(0, admitted)
      .map((item, i) => acceptItem(context, item, header, i === 0 ? files : undefined)),
  )
  const done = settled.find((result) => result.status === 'fulfilled')
  // One bad item among good ones is dropped and counted; if none was good the sender must hear why.
  if (!done) throw (settled[0] as PromiseRejectedResult).reason
  for (const result of settled)
    if (result.status === 'rejected') {
      if (!(result.reason instanceof DomainError)) throw result.reason
      const outcome = outcomeOf(result.reason)
      if (outcome) context.refuse(outcome)
    }
  return { status: 200, body: { id: done.value }, headers }
}

async function acceptItem(
  context: IngestContext,
  item: EnvelopeItem,
  header: Record<string, unknown>,
  /** What else came for the envelope's own event; undefined for an event that is not the first. */
  attachments: Attachments | undefined,
): Promise<string> {
  if (item.payload.length > MAX_EVENT_BYTES)
    throw new DomainError('payload_too_large', { maxBytes: MAX_EVENT_BYTES })
  const { sent_at: sentAt } = header
  const { id, verdict } = await context.accept(
    {
      dialect: 'sentry',
      // The envelope's id belongs to its event; a second event item would otherwise be taken for a repetition.
      eventId: attachments ? eventIdOf(header) : undefined,
      sentAt: typeof sentAt === 'string' ? sentAt : undefined,
      attachments,
    },
    { json: item.payload },
  )
  const error = errorOf(verdict)
  if (error) throw error
  return id
}

/** Files are not kept. That there were some is: the event says so. */
function attachmentsOf(items: readonly EnvelopeItem[]): Attachments {
  const files = items.filter((item) => item.type === 'attachment')
  return { count: files.length, bytes: files.reduce((sum, { payload }) => sum + payload.length, 0) }
}

export async function acceptStore(context: IngestContext): Promise<IngestAnswer> {
  const { id, verdict } = await context.accept({ dialect: 'sentry' }, { json: unwrap(context.body) })
  const error = errorOf(verdict)
  if (error) throw error
  return { status: 200, body: { id } }
}

/** Each report is an event of its own. What is no report of a violation is answered like one: browsers cannot be told. */
export async function acceptSecurity(context: IngestContext): Promise<IngestAnswer> {
  const payloads = securityPayloads(parseJson(context.body))
  if (payloads.length === 0) return { status: 200, body: {} }
  const admitted = await context.admit(payloads.length)
  if (admitted === 0) throw context.rateLimited()
  if (admitted < payloads.length) context.refuse('rate_limited', payloads.length - admitted)
  const accepted = await Promise.all(
    payloads.slice(0, admitted).map((payload) => context.accept({ dialect: 'sentry' }, { payload })),
  )
  const error = accepted.map(({ verdict }) => errorOf(verdict)).find((one) => one !== undefined)
  if (error) throw error
  return { status: 200, body: { id: accepted[0]!.id } }
}

/** Old clients post base64 of zlib of JSON, without a header that says so. */
function unwrap(body: Buffer): Buffer {
  const start = body.subarray(0, 64).toString('latin1').trimStart()
  if (start.startsWith('{') || !/^[A-Za-z0-9+/=]+$/.test(start)) return body
  const packed = Buffer.from(body.toString('latin1'), 'base64')
  try {
    return zlib.inflateSync(packed, { maxOutputLength: MAX_EVENT_BYTES })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new DomainError('payload_too_large', { maxBytes: MAX_EVENT_BYTES })
    return body // not base64 of zlib: the JSON parser will say what is wrong with it
  }
}

const eventIdOf = (header: Record<string, unknown>): string | undefined => {
  const id = typeof header.event_id === 'string' ? header.event_id.replaceAll('-', '').toLowerCase() : ''
  return /^[0-9a-f]{32}$/.test(id) ? id : undefined
}
