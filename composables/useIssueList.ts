// The issue list of a project: which one is asked for (all of it in the address), and its page of rows.
// While another page loads the old rows stay; the last page seen is kept for the way back from an issue.
import type { IssueRow, IssueSort, IssueStatus } from '#shared/schemas/issue'
import type { Level } from '#shared/constants/levels'
import { ISSUE_SORTS, ISSUE_STATUSES } from '#shared/schemas/issue'
import { LEVELS } from '#shared/constants/levels'
import { MAX_QUERY_CHARACTERS } from '#shared/query/keys'
import { useApi } from '~/composables/useApi'
import { useRange } from '~/composables/useRange'

export interface IssuePage {
  data: IssueRow[]
  nextCursor: string | null
  previousCursor?: string | null
  /** How many match in all, where the server counted them. */
  total?: number | null
  /** Events before this were not looked at for what the search says about events. */
  searchedBackTo?: string | null
}

export interface IssueFilters {
  status: IssueStatus
  level: Level | undefined
  /** `me`, `none` or a member's id. */
  assignee: string | undefined
  query: string
  sort: IssueSort
}

export type FilterChange = Partial<Record<'status' | 'level' | 'assignee' | 'q' | 'sort', string | undefined>>

const oneOf = <T extends string>(values: readonly T[], value: unknown): T | undefined =>
  values.find((one) => one === value)

/** The issues as the reader last saw them in a list: what "next" means on an issue's page, whatever has become of them. */
export const useIssueOrder = () =>
  useState<{ projectId: string; ids: string[] } | null>('issue-order', () => null)

export function useIssueList(projectId: string) {
  const route = useRoute()
  const router = useRouter()
  const api = useApi()
  const { rangeQuery } = useRange(projectId)

  const filters = computed<IssueFilters>(() => ({
    status: oneOf(ISSUE_STATUSES, route.query.status) ?? 'unresolved',
    level: oneOf(LEVELS, route.query.level),
    assignee: typeof route.query.assignee === 'string' ? route.query.assignee.slice(0, 64) : undefined,
    query: typeof route.query.q === 'string' ? route.query.q.slice(0, MAX_QUERY_CHARACTERS) : '',
    sort: oneOf(ISSUE_SORTS, route.query.sort) ?? 'lastSeen',
  }))
  const cursor = computed(() => (typeof route.query.cursor === 'string' ? route.query.cursor : undefined))

  /** What is looked for, whatever its order and page: also what "all that match" means. */
  const matching = computed(() => ({
    status: filters.value.status,
    level: filters.value.level,
    assignee: filters.value.assignee,
    query: filters.value.query || undefined,
    ...rangeQuery.value,
  }))
  const asked = computed(() => ({
    ...matching.value,
    sort: filters.value.sort,
    cursor: cursor.value,
    limit: 25,
  }))

  const kept = useState<{ key: string; page: IssuePage } | null>('issue-list', () => null)
  const order = useIssueOrder()
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
  watch(data, (page) => page && (order.value = { projectId, ids: page.data.map(({ id }) => id) }), {
    immediate: true,
  })
  // A page that is leaving still sees the next address: only this list's own questions are asked again.
  const path = route.path
  watch(
    () => JSON.stringify(asked.value),
    () => route.path === path && refresh(),
  )

  /** Changing a filter leads back to the first page; typing does not fill the history. */
  function setFilters(change: FilterChange) {
    return router.replace({ query: { ...route.query, ...change, cursor: undefined } })
  }
  const toPage = (to: string | undefined) => ({ query: { ...route.query, cursor: to } })

  const isFiltered = computed(() =>
    Boolean(filters.value.level || filters.value.assignee || filters.value.query),
  )
  const clearFilters = () => setFilters({ level: undefined, assignee: undefined, q: undefined })

  return {
    ...{ filters, matching, cursor, page: data, error, status, refresh },
    ...{ setFilters, toPage, isFiltered, clearFilters },
  }
}
