// A list of issues, of a project or of all of an organisation: which one is asked for (all of it in the address), its
// page of rows, and how many there are on each tab. While another page loads the old rows stay; the last page seen is
// kept for the way back from an issue.
import type {
  IssueCounts,
  IssueRow,
  IssueSort,
  IssueStatus,
  IssueSubstatus,
  IssueTab,
} from '#shared/schemas/issue'
import type { Level } from '#shared/constants/levels'
import { EXACT_COUNT, ISSUE_SORTS, ISSUE_STATUSES, ISSUE_SUBSTATUSES } from '#shared/constants/issue'
import { LEVELS } from '#shared/constants/levels'
import { stateOf, stateOfTab, tabOf, withoutState } from '#shared/query/issue-state'
import { MAX_QUERY_CHARACTERS } from '#shared/query/keys'
import { parseQuery } from '#shared/query/parse'
import { useApi } from '~/composables/useApi'
import { useRange } from '~/composables/useRange'

export interface IssuePage<Row extends IssueRow = IssueRow> {
  data: Row[]
  nextCursor: string | null
  previousCursor?: string | null
  /** Events before this were not looked at for what the search says about events. */
  searchedBackTo?: string | null
}

export interface IssueFilters {
  status: IssueStatus
  substatus: IssueSubstatus | undefined
  level: Level | undefined
  /** `me`, `none` or a member's id. */
  assignee: string | undefined
  /** Slugs with commas, where the list is of many. */
  project: string | undefined
  query: string
  sort: IssueSort
}

/** Words of the address. */
export const FILTER_NAMES = ['status', 'substatus', 'level', 'assignee', 'project', 'q', 'sort'] as const
const RANGE_NAMES = ['range', 'environment', 'since', 'until'] as const
export type FilterChange = Partial<Record<(typeof FILTER_NAMES)[number], string | undefined>>

const oneOf = <T extends string>(values: readonly T[], value: unknown): T | undefined =>
  values.find((one) => one === value)

/** The issues as the reader last saw them in a list: what "next" means on an issue's page, whatever has become of them. */
export const useIssueOrder = () =>
  useState<{ projectId: string; ids: string[] } | null>('issue-order', () => null)

export interface IssueScope {
  /** `/projects/7` or `/orgs/acme`: the list and its counts are behind it. */
  api: string
  /** What its range is remembered by. */
  view: string
  /** Of one project; otherwise environments have no picker and the address says none. */
  projectId?: string
}

const PAGE = 25

export function useIssueList<Row extends IssueRow = IssueRow>(scope: IssueScope) {
  const route = useRoute()
  const router = useRouter()
  const api = useApi()
  const { rangeQuery } = useRange(scope.view)

  const word = (name: string, most: number) => {
    const value = route.query[name]
    return typeof value === 'string' && value ? value.slice(0, most) : undefined
  }
  const filters = computed<IssueFilters>(() => ({
    status: oneOf(ISSUE_STATUSES, route.query.status) ?? 'unresolved',
    substatus: oneOf(ISSUE_SUBSTATUSES, route.query.substatus),
    level: oneOf(LEVELS, route.query.level),
    assignee: word('assignee', 64),
    project: scope.projectId ? undefined : word('project', 500),
    query: word('q', MAX_QUERY_CHARACTERS) ?? '',
    sort: oneOf(ISSUE_SORTS, route.query.sort) ?? 'lastSeen',
  }))
  const cursor = computed(() => word('cursor', 1_000))
  /** Number of the page's first row. Only a hint of the address: rows move while one reads. */
  const place = computed(() => (cursor.value ? Math.max(1, Math.trunc(Number(word('at', 9)) || 1)) : 1))

  /** What is looked for, whatever its order and page: also what "all that match" means. */
  const matching = computed(() => ({
    status: filters.value.status,
    substatus: filters.value.substatus,
    level: filters.value.level,
    assignee: filters.value.assignee,
    project: filters.value.project,
    query: filters.value.query || undefined,
    ...rangeQuery.value,
    ...(scope.projectId ? {} : { environment: undefined }),
  }))
  const asked = computed(() => ({
    ...matching.value,
    sort: filters.value.sort,
    cursor: cursor.value,
    limit: PAGE,
  }))

  const kept = useState<{ key: string; page: IssuePage<Row> } | null>('issue-list', () => null)
  const order = useIssueOrder()
  const keyOf = () => `${scope.api}:${JSON.stringify(asked.value)}`

  /** A page without a row is not the end while it has a cursor: the search goes on from where its time was up. */
  async function readPage(query: typeof asked.value): Promise<IssuePage<Row>> {
    let page = await api<IssuePage<Row>>(`${scope.api}/issues`, { query })
    while (page.data.length === 0 && page.nextCursor)
      page = await api<IssuePage<Row>>(`${scope.api}/issues`, {
        query: { ...query, cursor: page.nextCursor },
      })
    return page
  }

  const {
    data,
    error,
    status,
    refresh: refreshPage,
  } = useAsyncData(
    `issues-${scope.api}`,
    async () => {
      const key = keyOf()
      const page = await readPage(asked.value)
      if (import.meta.client) kept.value = { key, page }
      return page
    },
    {
      lazy: true,
      deep: false,
      default: () => (kept.value?.key === keyOf() ? kept.value.page : null),
    },
  )
  watch(
    data,
    (page) => {
      const { projectId } = scope
      if (page && projectId) order.value = { projectId, ids: page.data.map(({ id }) => id) }
    },
    { immediate: true },
  )

  // States are what the tabs differ in, so choosing one asks for no new numbers.
  const counted = computed(() => ({
    ...matching.value,
    ...{ status: undefined, substatus: undefined },
    query: withoutState(filters.value.query) || undefined,
  }))
  const counts = useAsyncData(
    `issue-counts-${scope.api}`,
    () => api<IssueCounts>(`${scope.api}/issues/counts`, { query: counted.value }),
    { lazy: true, deep: false },
  )

  // A page that is leaving still sees the next address: only this list's own questions are asked again.
  const path = route.path
  watch(
    () => JSON.stringify(asked.value),
    () => route.path === path && refreshPage(),
  )
  watch(
    () => JSON.stringify(counted.value),
    () => route.path === path && counts.refresh(),
  )
  const refresh = async () => {
    await Promise.all([refreshPage(), counts.refresh()])
  }

  /** What is listed, whatever its page. */
  const firstPageKey = computed(() =>
    JSON.stringify({ ...asked.value, cursor: undefined, api: scope.api, path: route.path }),
  )
  /** The first page as it is now, and the tabs' numbers, without a sign of loading. */
  async function readFirst(): Promise<IssuePage<Row>> {
    const key = firstPageKey.value
    const [page, numbers] = await Promise.all([
      readPage({ ...asked.value, cursor: undefined }),
      api<IssueCounts>(`${scope.api}/issues/counts`, { query: counted.value }),
    ])
    if (key === firstPageKey.value) counts.data.value = numbers
    return page
  }
  /** Other rows, or the same otherwise, of the page that is shown. */
  function show(page: IssuePage<Row>) {
    data.value = page
    kept.value = { key: keyOf(), page }
  }
  const toFirstPage = () => router.push(toPage(undefined, 1))

  const terms = computed(() => parseQuery(filters.value.query, 'issues').terms)
  const tab = computed<IssueTab | null>(() => tabOf(terms.value, filters.value))
  /** As the search says it, or else the tab. */
  const shownStatus = computed(() => stateOf(terms.value, filters.value).status)
  /** How many match; the API counts exactly to 1,000, one more stands for more. Null: not known. */
  const total = computed(() => {
    const n = tab.value && counts.data.value?.[tab.value]
    return n === undefined || n === null || counts.status.value === 'pending' ? null : n
  })
  const exactTotal = computed(() => (total.value !== null && total.value <= EXACT_COUNT ? total.value : null))

  /** Changing a filter leads back to the first page; typing does not fill the history. */
  function setFilters(change: FilterChange) {
    return router.replace({ query: { ...route.query, ...change, cursor: undefined, at: undefined } })
  }
  function setTab(to: IssueTab) {
    const { status: state, substatus } = stateOfTab(to)
    return setFilters({
      status: state === 'unresolved' ? undefined : state,
      substatus,
      q: withoutState(filters.value.query) || undefined,
    })
  }
  const toPage = (to: string | undefined, at: number) => ({
    query: { ...route.query, cursor: to, at: to === undefined || at <= 1 ? undefined : String(at) },
  })
  const pager = computed(() => {
    const page = data.value
    if (!page) return null
    const { previousCursor: before, nextCursor: after } = page
    const from = place.value
    return {
      previous: before ? toPage(before, from - PAGE) : cursor.value ? toPage(undefined, 1) : null,
      toFirst: Boolean(cursor.value && !before),
      next: after ? toPage(after, from + page.data.length) : null,
      ...{ from, shown: page.data.length, total: total.value },
    }
  })

  const isFiltered = computed(() =>
    Boolean(filters.value.level || filters.value.assignee || filters.value.project || filters.value.query),
  )
  const clearFilters = () =>
    setFilters({ level: undefined, assignee: undefined, project: undefined, q: undefined })

  /** What a saved view keeps: the filters as the address has them, and the range they were looked at with. */
  const savedWords = computed(() =>
    Object.fromEntries(
      [...FILTER_NAMES, ...RANGE_NAMES].flatMap((name) => {
        const value = word(name, MAX_QUERY_CHARACTERS)
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  )
  /** A view is all of the filters: what it does not name is not filtered by. */
  const openWords = (words: Record<string, string>) => router.push({ query: words })

  return {
    ...{ filters, matching, cursor, page: data, error, status, refresh },
    ...{ tab, shownStatus, counts: counts.data, total, exactTotal, pager },
    ...{ firstPageKey, readFirst, show, toFirstPage },
    ...{ setFilters, setTab, isFiltered, clearFilters, savedWords, openWords },
  }
}
