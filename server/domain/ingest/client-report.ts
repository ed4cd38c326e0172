// A `client_report` item → what the SDK says it dropped itself (sentry-protocol: `discarded_events`, a list of reason,
// category and quantity). Hostile like every payload: bounded in bytes, entries, names and numbers, and never an error,
// because nothing waits for it and no SDK could do anything about the answer.
import { KiB } from '#shared/constants/limits.ts'
import { DomainError } from '../errors.ts'
import { isFields } from './fields.ts'
import { parseJson } from './parse-json.ts'

export interface DiscardedEvents {
  reason: string
  category: string
  quantity: number
}

/** An SDK has some fifteen reasons and twenty categories; a report with all of them has 20 KiB. */
const MAX_REPORT_BYTES = 64 * KiB
const MAX_ENTRIES = 200
/** A report covers some seconds of one process. Bounded so that no number of reports can overflow a count. */
const MAX_QUANTITY = 1_000_000
const NAME = /^[a-z_]{1,40}$/
const OTHER_NAME = 'other'

/** Pairs are summed; what cannot be read is nothing. */
export function readClientReport(payload: Buffer): DiscardedEvents[] {
  if (payload.length > MAX_REPORT_BYTES) return []
  const report = parsed(payload)
  if (!isFields(report) || !Array.isArray(report.discarded_events)) return []
  const byPair = new Map<string, DiscardedEvents>()
  for (const entry of report.discarded_events.slice(0, MAX_ENTRIES) as unknown[]) {
    if (!isFields(entry)) continue
    const { quantity } = entry
    if (typeof quantity !== 'number' || !(quantity >= 1)) continue
    const reason = nameOf(entry.reason)
    const category = nameOf(entry.category)
    const n = Math.min(Math.trunc(quantity), MAX_QUANTITY)
    const known = byPair.get(`${reason} ${category}`)
    if (known) known.quantity += n
    else byPair.set(`${reason} ${category}`, { reason, category, quantity: n })
  }
  return [...byPair.values()]
}

function parsed(payload: Buffer): unknown {
  try {
    return parseJson(payload)
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

const nameOf = (value: unknown): string =>
  typeof value === 'string' && NAME.test(value) ? value : OTHER_NAME
