// What a search box suggests: known keys and the tags of recent events; values from the table of seen values or from
// recent events. Bounded looks, so that typing costs the same however much is stored.
import { useDatabase } from '#server/storage/database.ts'
import { listRecentTagKeys, listRecentValues } from '#server/storage/events/list-recent-values.ts'
import { listMembers } from '#server/storage/orgs/list-members.ts'
import { VALUE_KINDS } from '#server/storage/values/admit-values.ts'
import { listSeenValues } from '#server/storage/values/list-values.ts'
import { KEYS, knownKey, MATCH_KEYS, oneOf, type QueryList } from '#shared/query/keys.ts'
import { MAX_SUGGESTIONS, type SearchKey } from '#shared/schemas/search.ts'
import { expiriesOf } from '../retention/expiry.ts'
import { columnOf } from './event-search.ts'

const DAY_MS = 86_400_000
const RECENT_DAYS = 7
/** Some 5 ms; a key or value that is in none of them can still be typed. */
const SAMPLE = 1_000

const recent = (projectId: number) => {
  const now = new Date()
  const since = new Date(now.getTime() - RECENT_DAYS * DAY_MS)
  return {
    projectId,
    expiries: expiriesOf({ since, until: null }, now),
    sample: SAMPLE,
    limit: MAX_SUGGESTIONS,
  }
}

export async function searchKeys(projectId: number, list: QueryList): Promise<SearchKey[]> {
  const known = KEYS.filter(({ lists }) => lists.includes(list)).map(({ key, hint, values }) => ({
    key,
    hint,
    tag: false,
    ...(values ? { values: [...values] } : {}),
  }))
  const tags = await listRecentTagKeys(useDatabase().read, recent(projectId))
  return [...known, ...tags.map((key) => ({ key, tag: true }))].slice(0, MAX_SUGGESTIONS)
}

export async function searchValues(
  project: { id: number; organizationId: number },
  { key, prefix, tag }: { key: string; prefix: string; tag: boolean },
): Promise<{ value: string }[]> {
  const found = await valuesOf(project, tag ? undefined : knownKey(key)?.key, { key, prefix })
  return found.slice(0, MAX_SUGGESTIONS).map((value) => ({ value }))
}

async function valuesOf(
  project: { id: number; organizationId: number },
  known: string | undefined,
  { key, prefix }: { key: string; prefix: string },
): Promise<string[]> {
  const db = useDatabase().read
  if (known === undefined) return listRecentValues(db, recent(project.id), { tag: key }, prefix)
  const kind = oneOf(VALUE_KINDS, known)
  if (kind) return listSeenValues(db, project.id, kind, prefix, MAX_SUGGESTIONS)
  const fixed =
    KEYS.find((one) => one.key === known)?.values?.filter((value) => startsWith(value, prefix)) ?? []
  if (known === 'assigned') return [...fixed, ...(await memberAddresses(project.organizationId, prefix))]
  const match = oneOf(MATCH_KEYS, known)
  if (match === undefined || match === 'level') return fixed
  return listRecentValues(db, recent(project.id), { column: columnOf(match) }, prefix)
}

async function memberAddresses(organizationId: number, prefix: string): Promise<string[]> {
  const members = await listMembers(useDatabase().read, { organizationId, after: null, limit: 500 })
  return members
    .filter(({ name, email }) => startsWith(email, prefix) || startsWith(name, prefix))
    .map(({ email }) => email)
}

const startsWith = (text: string, prefix: string): boolean =>
  text.toLowerCase().startsWith(prefix.toLowerCase())
