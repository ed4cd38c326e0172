// News become alerts: what rules with an issue trigger make of rows of the outbox. In: rows as they were read, in
// order, and the place they were read from. Rules that want to know more than the trigger look at the event that caused
// it, as the news names it; an escalation has none of its own, there it is the newest event of the issue. An event that
// is not stored (any more) fits no filter.
import { fireCaused, type Candidate } from '#server/storage/alerts/fire-alerts.ts'
import { listCausingEvents, type CausingEvent } from '#server/storage/alerts/list-causing-events.ts'
import { listTriggeredRules, type TriggeredRule } from '#server/storage/alerts/list-triggered-rules.ts'
import { markOutboxRead } from '#server/storage/alerts/outbox-reader.ts'
import type { OutboxPosition, OutboxRow } from '#server/storage/outbox/list-outbox.ts'
import type { Db } from '#server/storage/database.ts'
import { levelFromNumber } from '#shared/constants/levels.ts'
import type { AlertCause } from '#shared/schemas/alert.ts'
import { matchableEvent, type MatchableEvent } from '../search/match-event.ts'
import { compileFilters } from './counters.ts'

/** Kinds of news that are causes, and the trigger each is. */
const TRIGGERS: Partial<Record<string, TriggeredRule['trigger']>> = {
  'issue.created': 'new_issue',
  'issue.regressed': 'regression',
  'issue.escalated': 'escalation',
}

interface Cause {
  id: number
  projectId: number
  issueId: string
  trigger: TriggeredRule['trigger']
  event: { id: string; expiresOn: string } | null
}

/** @returns how many alerts are new here: none when another node was first */
export async function alertOn(db: Db, from: OutboxPosition, rows: readonly OutboxRow[]): Promise<number> {
  const read = { from, to: rows.at(-1)?.position ?? from }
  const candidates = await meetRules(db, rows.flatMap(causeIn))
  if (candidates.length > 0) return (await fireCaused(db, read, candidates)).fired
  await markOutboxRead(db, read)
  return 0
}

function causeIn({ kind, issueId, projectId, position, payload }: OutboxRow): Cause[] {
  const trigger = TRIGGERS[kind]
  if (!trigger || issueId === null) return []
  const { eventId, expiresOn } = payload as { eventId?: string; expiresOn?: string } // our own writing
  const event = eventId && expiresOn ? { id: eventId, expiresOn } : null
  return [{ id: position.id, projectId, issueId: String(issueId), trigger, event }]
}

async function meetRules(db: Db, causes: readonly Cause[]): Promise<Candidate[]> {
  if (causes.length === 0) return []
  const triggered = await listTriggeredRules(db, [...new Set(causes.map(({ projectId }) => projectId))])
  const rules = Map.groupBy(
    triggered.map((rule) => ({ ...rule, test: compileFilters(rule.filters) })),
    ({ projectId, trigger }) => `${projectId} ${trigger}`,
  )
  const asked = causes.filter(({ projectId, trigger }) => rules.has(`${projectId} ${trigger}`))
  if (asked.length === 0) return []
  const events = new Map((await listCausingEvents(db, asked)).map((event) => [event.cause, event]))
  return asked.flatMap((cause, i) => {
    const event = events.get(i)
    const { projectId, issueId, trigger, id } = cause
    return rules
      .get(`${projectId} ${trigger}`)!
      .filter(({ test }) => test === null || (event && test(seen(event, issueId))))
      .map(({ ruleId }): Candidate => ({
        ...{ projectId, ruleId, issueId, origin: id, n: 1 },
        cause: event ? causeOf(event) : {},
      }))
  })
}

const seen = (event: CausingEvent, issueId: string): MatchableEvent =>
  matchableEvent({ ...event, tags: JSON.stringify(event.tags) }, event.title, issueId)

const causeOf = ({ eventId, level, environment, release }: CausingEvent): AlertCause => ({
  ...{ eventId, environment, release },
  level: levelFromNumber(level),
})
