// The commonest tag values of an issue, from its newest events: a bounded sample, so that the answer costs the same for
// ten events and ten million. `total` says how many were looked at.
import { useDatabase } from '#server/storage/database.ts'
import { countTagValues } from '#server/storage/events/count-tag-values.ts'
import { readInOrder } from '#server/storage/read-in-order.ts'
import { levelFromNumber } from '#shared/constants/levels.ts'
import type { TagFacet } from '#shared/schemas/issue.ts'
import { issueExpiries } from '../events/issue-expiries.ts'
import { needIssueOrTarget } from './get-issue.ts'
import type { ProjectRef } from './short-id.ts'

export const TAG_SAMPLE = 1_000
const BOUNDS = { sample: TAG_SAMPLE, keys: 20, valuesPerKey: 10 }

export async function issueTags(
  project: ProjectRef,
  reference: string,
): Promise<{ data: TagFacet[]; nextCursor: null }> {
  const db = useDatabase().read
  const issue = await needIssueOrTarget(db, project, reference)
  const expiries = issueExpiries(issue, new Date())
  const rows = await readInOrder(useDatabase().read, (ordered) =>
    countTagValues(ordered, project.id, issue.id, expiries, BOUNDS),
  )
  const facets = new Map<string, TagFacet>()
  for (const { key, value, n, total } of rows) {
    const facet = facets.get(key) ?? { key, total, values: [] }
    facet.values.push({ value: key === 'level' ? levelFromNumber(Number(value)) : value, count: n })
    facets.set(key, facet)
  }
  return { data: [...facets.values()], nextCursor: null }
}
