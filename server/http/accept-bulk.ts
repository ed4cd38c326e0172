// The bulk door's own work: judge each event by itself, put the results together in input order.
import type { BulkForm } from '#server/domain/ingest/split-bulk.ts'
import type { Prepared } from '#server/pipeline/preparation.ts'
import { errorOf, outcomeOf, type IngestAnswer, type IngestContext } from './ingest-door.ts'
import { toProblem } from './problem.ts'

interface BulkResult {
  id?: string
  error?: { code: string; message: string; details?: unknown }
}

/**
 * @throws DomainError invalid_json, empty_body, too_many_events when the body as a whole is none; the rest is in the
 * results. Status: 202 if anything was accepted, else 429, 503 or 400 by what went wrong.
 */
export async function acceptBulk(context: IngestContext): Promise<IngestAnswer> {
  const events = await context.prepareBulk(formOf(context))
  // One was admitted before the body was read; how many there are is known only now.
  const admitted = 1 + (await context.admit(events.length - 1))
  if (admitted < events.length) context.refuse('rate_limited', events.length - admitted)
  const results = await Promise.all(
    events.map((event, i): Promise<BulkResult> | BulkResult =>
      i < admitted ? accept(context, event) : { error: toProblem(context.rateLimited()).body.error },
    ),
  )
  const accepted = results.filter((r) => r.id !== undefined).length
  const codes = new Set(results.map((r) => r.error?.code))
  const retryAfterSeconds = codes.has('rate_limited') ? context.line.limiter.retryAfterSeconds() : 5
  const busy = codes.has('rate_limited') || codes.has('overloaded')
  const status = accepted > 0 ? 202 : codes.has('rate_limited') ? 429 : codes.has('overloaded') ? 503 : 400
  return {
    status,
    ...(accepted === 0 && busy ? { headers: { 'retry-after': String(retryAfterSeconds) } } : {}),
    body: { accepted, rejected: results.length - accepted, results },
  }
}

async function accept(context: IngestContext, event: Prepared): Promise<BulkResult> {
  try {
    if (event instanceof Error) throw event
    const { id, verdict } = await context.line.submit(event)
    const error = errorOf(verdict)
    return error ? { error: toProblem(error).body.error } : { id }
  } catch (error) {
    const outcome = outcomeOf(error)
    if (outcome) context.refuse(outcome)
    return { error: toProblem(error).body.error }
  }
}

const formOf = ({ req, body }: IngestContext): BulkForm =>
  /ndjson|jsonl|json-seq/i.test(req.headers['content-type'] ?? '') && body[0] !== 0x5b ? 'lines' : 'array'
