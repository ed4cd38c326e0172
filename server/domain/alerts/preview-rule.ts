// What a rule would have done in the last 24 hours, before it is saved. In: trigger, filters, cooldown. Out: how often
// it would have fired and when, and what was looked at for it: counts of every event where no filter asks for more,
// else stored events through the same matcher, newest first, within a time and a number; it says how far back it came.
// What previews cannot know: sampled-out events (their weight stands for them), and users by more than their label.
import { useDatabase, type Db } from '#server/storage/database.ts'
import {
  countMinutes,
  listPreviewCauses,
  listPreviewEvents,
  type PreviewEvent,
} from '#server/storage/alerts/list-preview-events.ts'
import { findIssueNames } from '#server/storage/issues/find-issue-names.ts'
import type { AlertPreview, AlertTriggerType, PreviewAlertRule } from '#shared/schemas/alert.ts'
import { shortIdOf, type ProjectRef } from '../issues/short-id.ts'
import { expiriesOf } from '../retention/expiry.ts'
import { compileEventFilter, matchableEvent, type EventTest } from '../search/match-event.ts'
import { simulate, type Hit } from './simulate.ts'

const RANGE_MS = 24 * 3_600_000
const BUDGET_MS = 1_500
const MOST_EVENTS = 20_000
const STEP = 2_000
const MOST_CAUSES = 1_000
const SHOWN = 100

const ACTIVITY: Partial<Record<AlertTriggerType, string>> = {
  new_issue: 'created',
  regression: 'regressed',
  escalation: 'escalated',
}

interface Found {
  hits: Hit[]
  lookedAt: AlertPreview['lookedAt']
  searchedBackTo: Date | null
}

/** @throws DomainError validation_failed, which points at each mistake in the query */
export async function previewRule(
  project: ProjectRef,
  { trigger, filters, cooldownMinutes }: PreviewAlertRule,
  now = new Date(),
): Promise<AlertPreview> {
  const test = Object.keys(filters).length === 0 ? null : compileEventFilter(filters)
  const db = useDatabase().read
  const since = new Date(now.getTime() - RANGE_MS)
  const kind = ACTIVITY[trigger.type]
  const whole = trigger.type === 'threshold' && trigger.per === 'project' && test === null
  const { hits, lookedAt, searchedBackTo } = kind
    ? await fromHistory(db, project.id, { kind, since, now, test })
    : whole
      ? await fromCounts(db, project.id, since)
      : await fromEvents(db, project.id, { since, now, test })
  const fired = simulate(trigger, cooldownMinutes, hits)
  const shown = fired.slice(-SHOWN).reverse()
  const ids = [...new Set(shown.flatMap(({ issueId }) => issueId ?? []))]
  const titles = new Map((await findIssueNames(db, project.id, ids)).map(({ id, title }) => [id, title]))
  return {
    since: since.toISOString(),
    count: fired.length,
    alerts: shown.map(({ at, issueId }) => ({
      at: new Date(at).toISOString(),
      issue:
        issueId === null
          ? null
          : { id: issueId, shortId: shortIdOf(project.slug, issueId), title: titles.get(issueId) ?? '' },
    })),
    lookedAt,
    searchedBackTo: searchedBackTo?.toISOString() ?? null,
  }
}

async function fromCounts(db: Db, projectId: number, since: Date): Promise<Found> {
  const minutes = await countMinutes(db, projectId, since)
  const hits = minutes.map(({ minute, n }): Hit => ({ at: minute.getTime(), issueId: null, n }))
  return { hits, lookedAt: 'rollups', searchedBackTo: null }
}

interface Look {
  since: Date
  now: Date
  test: EventTest | null
}

async function fromHistory(
  db: Db,
  projectId: number,
  { kind, since, now, test }: Look & { kind: string },
): Promise<Found> {
  const expiries = expiriesOf({ since: null, until: null }, now)
  const causes = await listPreviewCauses(db, { projectId, kind, since, expiries, limit: MOST_CAUSES })
  const fitting = causes.filter(({ event }) => test === null || (event && test(seen(event))))
  return {
    hits: fitting.map(({ at, issueId }) => ({ at: at.getTime(), issueId, n: 1 })),
    lookedAt: 'history',
    searchedBackTo: causes.length < MOST_CAUSES ? null : causes.at(-1)!.at,
  }
}

async function fromEvents(db: Db, projectId: number, { since, now, test }: Look): Promise<Found> {
  const began = performance.now()
  const expiries = expiriesOf({ since, until: null }, now)
  const hits: Hit[] = []
  let from: { receivedAt: Date; eventId: string } | null = null
  for (let looked = 0; looked < MOST_EVENTS && performance.now() - began < BUDGET_MS; looked += STEP) {
    const events: PreviewEvent[] = await listPreviewEvents(db, {
      projectId,
      expiries,
      since,
      from,
      limit: STEP,
    })
    for (const event of events)
      if (event.issueId !== null && (test === null || test(seen(event))))
        hits.push({
          at: event.receivedAt.getTime(),
          issueId: event.issueId,
          n: event.weight,
          user: event.userLabel,
        })
    const last = events.at(-1)
    if (!last || events.length < STEP) return { hits, lookedAt: 'events', searchedBackTo: null }
    from = last
  }
  return { hits, lookedAt: 'events', searchedBackTo: from?.receivedAt ?? null }
}

const seen = (event: PreviewEvent) => matchableEvent(event, event.title, event.issueId)
