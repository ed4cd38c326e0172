// What became of an issue, one sentence an entry. `data` is whatever the entry was written with: read leniently, so that
// an entry of another version still has a sentence.
import { ARCHIVE_UNTIL } from '#shared/constants/issue.ts'
import type { Activity, ArchiveUntil } from '#shared/schemas/issue.ts'
import { formatExact } from './format-count.ts'
import { isolated, untilWords } from './issue-words.ts'

const ICONS: Record<Activity['kind'], string> = {
  created: 'i-lucide-sparkles',
  resolved: 'i-lucide-circle-check',
  unresolved: 'i-lucide-rotate-ccw',
  archived: 'i-lucide-archive',
  regressed: 'i-lucide-rotate-ccw',
  escalated: 'i-lucide-trending-up',
  assigned: 'i-lucide-user-round',
  unassigned: 'i-lucide-user-round-x',
  merged: 'i-lucide-merge',
  unmerged: 'i-lucide-split',
  discarded: 'i-lucide-ban',
  restored: 'i-lucide-undo-2',
}

// Read by hand: the library that checks forms would come with every issue's page, for these four.
const field = (data: unknown, name: string): unknown =>
  typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined
const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
const number = (value: unknown) => (typeof value === 'number' ? value : undefined)

function archiveOf(data: unknown) {
  const until = ARCHIVE_UNTIL.find((one): one is ArchiveUntil => one === field(data, 'until'))
  return until && { until, at: text(field(data, 'at')), events: number(field(data, 'events')) }
}

function assigneeOf(data: unknown) {
  const assignee = field(data, 'assignee')
  const [id, name] = [text(field(assignee, 'id')), text(field(assignee, 'name'))]
  return id !== undefined && name !== undefined ? { id, name } : undefined
}

function spikeOf(data: unknown) {
  const [count, limit] = [number(field(data, 'count')), number(field(data, 'limit'))]
  return count !== undefined && limit !== undefined ? { count, limit } : undefined
}

function issuesOf(data: unknown): string | undefined {
  const issues = field(data, 'issues')
  const list = Array.isArray(issues) ? issues.flatMap((one) => text(field(one, 'shortId')) ?? []) : []
  if (list.length === 0) return undefined
  const [first, second, third, ...rest] = list
  const named = [first, second, third].filter((name) => name !== undefined)
  if (rest.length) return `${named.join(', ')} and ${rest.length} more`
  return named.length > 1 ? `${named.slice(0, -1).join(', ')} and ${named.at(-1)}` : named[0]
}

/** What was done, to stand behind a name: "archived it until 12 Dec". */
function did(entry: Activity, now: number, timeZone: string): string {
  const { kind, data, actor } = entry
  switch (kind) {
    case 'created':
      return 'saw it for the first time'
    case 'resolved':
      return 'resolved it'
    case 'unresolved':
      return 'reopened it'
    case 'archived': {
      const archive = archiveOf(data)
      return `archived it${archive ? ` ${untilWords(archive, Date.parse(entry.createdAt) || now, timeZone)}` : ''}`
    }
    case 'regressed':
      return 'saw it regress: it happened again after it was resolved'
    case 'escalated': {
      const spike = spikeOf(data)
      return spike
        ? `saw it escalate: ${formatExact(spike.count)} events in one hour, above its limit of ${formatExact(spike.limit)}`
        : 'saw it escalate'
    }
    case 'assigned': {
      const to = assigneeOf(data)
      if (to && to.id === actor?.id) return 'took it'
      return to ? `assigned it to ${isolated(to.name)}` : 'assigned it'
    }
    case 'unassigned':
      return 'unassigned it'
    case 'merged': {
      const others = issuesOf(data)
      return others ? `merged ${others} into it` : 'merged other issues into it'
    }
    case 'unmerged': {
      const others = issuesOf(data)
      return others ? `took ${others} out of it again` : 'took groups out of it again'
    }
    case 'discarded':
      return 'discarded it'
    case 'restored':
      return 'brought it back from the discarded'
  }
}

/** `who` null: Mesher itself. */
export function activityWords(
  entry: Activity,
  now: number,
  timeZone: string,
): { icon: string; who: string | null; did: string } {
  return { icon: ICONS[entry.kind], who: entry.actor?.name ?? null, did: did(entry, now, timeZone) }
}
