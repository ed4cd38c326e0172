// From a tag to the issues that have it: `key:value` as the search box reads it.
import { formatTerm } from '#shared/query/format'
import { MAX_QUERY_CHARACTERS } from '#shared/query/keys'

/** What issues and events have as fields, and the query language knows by the same name. */
const FIELDS = ['environment', 'release', 'level'] as const

/** Null for what a search cannot say: nothing at all, or more than the box takes. */
export function tagQuery(key: string, value: string): string | null {
  if (key === '' || value === '') return null
  const field = FIELDS.find((name) => name === key)
  const text = formatTerm({
    negated: false,
    value: [value],
    ...(field ? { kind: 'match', key: field } : { kind: 'tag', key }),
  })
  return text.length > MAX_QUERY_CHARACTERS ? null : text
}

/** Address of the issues of a project with this tag; null when it cannot be asked for. */
export function tagSearch(
  projectPath: string,
  key: string,
  value: string,
  /** The range and environment to carry along. */
  carry: Record<string, string | undefined> = {},
) {
  const query = tagQuery(key, value)
  return query === null ? null : { path: `${projectPath}/issues`, query: { ...carry, q: query } }
}
