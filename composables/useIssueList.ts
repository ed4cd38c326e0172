// The issue list of a project: which one is asked for (all of it in the address), and its page of rows.
// While another page loads the old rows stay; the last page seen is kept for the way back from an issue.
import type { IssueRow, IssueSort, IssueStatus } from '#shared/schemas/issue'
import type { Level } from '#shared/constants/levels'
import { ISSUE_SORTS, ISSUE_STATUSES } from '#shared/schemas/issue'
import { LEVELS } from '#shared/constants/levels'
import { useApi } from '~/composables/useApi'
import { useRange } from '~/composables/useRange'

export interface IssuePage {
  data: IssueRow[]
  nextCursor: string | null
  previousCursor?: string | null
}

export interface IssueFilters {
  status: IssueStatus
  level: Level | undefined
  query: string
  sort: IssueSort
}

const oneOf = <T extends string>(values: readonly T[], value: unknown): T | undefined =>
  values.find((one) => one === value)

export function useIssueList(projectId: string) {
  const route = useRoute()
  const router = useRouter()
  const api = useApi()
  const { rangeQuery } = useRange(projectId)

  const filters = computed<IssueFilters>(() => ({
    status: oneOf(ISSUE_STATUSES, route.query.status) ?? 'unresolved',
    level: oneOf(LEVELS, route.query.level),
    query: typeof route.query.q === 'string' ? route.query.q.slice(0, 200) : '',
    sort: oneOf(ISSUE_SORTS, route.query.sort) ?? 'lastSeen',
  }))
  const cursor = computed(() => (typeof route.query.cursor === 'string' ? route.query.cursor : undefined))

  const asked = computed(() => ({
    status: filters.value.status,
    level: filters.value.level,
    query: filters.value.query || undefined,
    sort: filters.value.sort,
    since: rangeQuery.value.since,
    cursor: cursor.value,
    limit: 25,
  }))

  const kept = useState<{ key: string; page: IssuePage } | null>('issue-list', () => null)
  const keyOf = () => `${projectId}:${JSON.stringify(asked.value)}`

  const { data, error, status, refresh } = useAsyncData(
    `issues-${projectId}`,
    async () => {
      const key = keyOf()
      const page = await api<IssuePage>(`/projects/${projectId}/issues`, { query: asked.value })
      if (import.meta.client) kept.value = { key, page }
      return page
    },
    {
      lazy: true,
      deep: false,
      default: () => (kept.value?.key === keyOf() ? kept.value.page : null),
    },
  )
  // A page that is leaving still sees the next address: only this list's own questions are asked again.
  const path = route.path
  watch(
    () => JSON.stringify(asked.value),
    () => route.path === path && refresh(),
  )

  /** Changing a filter leads back to the first page; typing does not fill the history. */
  function setFilters(change: Partial<Record<'status' | 'level' | 'q' | 'sort', string | undefined>>) {
    return router.replace({ query: { ...route.query, ...change, cursor: undefined } })
  }
  const toPage = (to: string | undefined) => ({ query: { ...route.query, cursor: to } })

  const isFiltered = computed(() => Boolean(filters.value.level || filters.value.query))
  const clearFilters = () => setFilters({ level: undefined, q: undefined })

  return { filters, cursor, page: data, error, status, refresh, setFilters, toPage, isFiltered, clearFilters }
}
