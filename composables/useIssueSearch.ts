// Issues of a project by words of their title or by their short id, whatever their state: for pickers and ⌘K.
import type { Issue, IssueRow } from '#shared/schemas/issue'
import { ISSUE_STATUSES } from '#shared/constants/issue'
import { problemOf, useApi } from '~/composables/useApi'

/** A project's slug in capitals, a dash, a short code. */
const SHORT_ID = /^[A-Za-z0-9-]{1,60}-[0-9A-Za-z]{1,12}$/
const OLDEST = '90d'

export function useIssueSearch(projectId: () => string | undefined) {
  const api = useApi()

  async function byShortId(base: string, words: string): Promise<Issue[]> {
    if (!SHORT_ID.test(words)) return []
    try {
      return [await api<Issue>(`${base}/${encodeURIComponent(words.toUpperCase())}`)]
    } catch (error) {
      // Not there, or only looks like one.
      if ([400, 404].includes(problemOf(error).status)) return []
      throw error
    }
  }

  /** Unresolved ones first; each once. */
  return async function search(words: string, limit = 6): Promise<Issue[]> {
    const id = projectId()
    if (!id) return []
    const base = `/projects/${id}/issues`
    const query = words.trim().slice(0, 200)
    const [named, ...pages] = await Promise.all([
      byShortId(base, query),
      ...ISSUE_STATUSES.map(async (status) => {
        const page = await api<{ data: IssueRow[] }>(base, {
          query: { status, query: query || undefined, since: OLDEST, limit },
        })
        return page.data
      }),
    ])
    const all = [...named, ...pages.flat()]
    return all.filter((issue, index) => all.findIndex(({ id: other }) => other === issue.id) === index)
  }
}
