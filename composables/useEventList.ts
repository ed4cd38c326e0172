// The events of a project: which ones are asked for (all of it in the address), the rows read so far, and the chart
// above them. Rows grow page by page as the reader goes down; a search that stopped waits to be told to go on.
// Which columns are shown is in the address too, and remembered per project.
import type { EventHistogram, EventRow } from '#shared/schemas/event-view'
import { PAGE_COLUMNS, parseColumns, type Column, type PageColumn } from '#shared/event-columns'
import { MAX_QUERY_CHARACTERS } from '#shared/query/keys'
import { useApi } from '~/composables/useApi'
import { useRange } from '~/composables/useRange'
import { useZone } from '~/composables/useZone'

export interface EventPage {
  data: EventRow[]
  nextCursor: string | null
  searchedBackTo?: string | null
}
export type EventColumn = Column<PageColumn>

const PAGE_ROWS = 50
const VIEW_WORDS = ['q', 'columns', 'range', 'since', 'until', 'environment'] as const
const YEAR_SECONDS = 365 * 24 * 3600
const DEFAULT_COLUMNS: readonly EventColumn[] = PAGE_COLUMNS

export function useEventList(projectId: string) {
  const route = useRoute()
  const router = useRouter()
  const api = useApi()
  const zone = useZone()
  const { rangeQuery } = useRange(projectId)

  const query = computed(() =>
    typeof route.query.q === 'string' ? route.query.q.slice(0, MAX_QUERY_CHARACTERS) : '',
  )
  const setQuery = (q: string) => router.replace({ query: { ...route.query, q: q.trim() || undefined } })
  /** What list, chart and file have in common. */
  const matching = computed(() => ({ query: query.value || undefined, ...rangeQuery.value }))

  const remembered = useCookie<string>(`mesher-event-columns-${projectId}`, {
    ...{ maxAge: YEAR_SECONDS, sameSite: 'lax', default: () => '' },
    // Plain text: the names are of the address's alphabet.
    ...{ encode: encodeURIComponent, decode: decodeURIComponent },
  })
  const columns = computed<readonly EventColumn[]>({
    get: () =>
      parseColumns(String(route.query.columns ?? ''), PAGE_COLUMNS) ??
      parseColumns(remembered.value, PAGE_COLUMNS) ??
      DEFAULT_COLUMNS,
    set: (wanted) => {
      const text = wanted.join(',')
      remembered.value = text
      void router.replace({ query: { ...route.query, columns: text } })
    },
  })

  // What is read behind the first page; of another question it is worth nothing.
  const further = shallowRef<EventPage[]>([])
  const list = useAsyncData(
    `events-${projectId}`,
    () => api<EventPage>(`/projects/${projectId}/events`, { query: { ...matching.value, limit: PAGE_ROWS } }),
    { lazy: true, deep: false, default: () => null },
  )
  const histogram = useAsyncData(
    `event-histogram-${projectId}`,
    () =>
      api<EventHistogram>(`/projects/${projectId}/events/histogram`, {
        query: { ...matching.value, timezone: zone.value },
      }),
    { lazy: true, deep: false, default: () => null },
  )
  watch(list.data, () => (further.value = []))

  const pages = computed(() => (list.data.value ? [list.data.value, ...further.value] : []))
  const rows = computed(() => pages.value.flatMap(({ data }) => data))
  const last = computed(() => pages.value.at(-1))

  const moreError = ref<unknown>(null)
  const loadingMore = ref(false)
  async function loadMore() {
    const first = list.data.value
    const cursor = last.value?.nextCursor
    if (!cursor || loadingMore.value || list.status.value === 'pending') return
    loadingMore.value = true
    moreError.value = null
    try {
      const page = await api<EventPage>(`/projects/${projectId}/events`, {
        query: { ...matching.value, limit: PAGE_ROWS, cursor },
      })
      if (list.data.value === first) further.value = [...further.value, page]
    } catch (error) {
      if (list.data.value === first) moreError.value = error
    } finally {
      loadingMore.value = false
    }
  }

  /** What a saved view keeps: what the address says. */
  const savedWords = computed(() =>
    Object.fromEntries(
      VIEW_WORDS.flatMap((name) => {
        const word = route.query[name]
        return typeof word === 'string' && word ? [[name, word]] : []
      }),
    ),
  )
  const openWords = (words: Record<string, string>) => router.push({ query: words })

  const refresh = () => Promise.all([list.refresh(), histogram.refresh()])
  // A page that is leaving still sees the next address: only this list's own questions are asked again.
  const path = route.path
  watch(
    () => JSON.stringify(matching.value),
    () => {
      moreError.value = null
      if (route.path === path) void refresh()
    },
  )
  watch(zone, () => void histogram.refresh())

  return {
    query,
    setQuery,
    matching,
    columns,
    list,
    histogram,
    rows,
    last,
    loadMore,
    loadingMore,
    moreError,
    refresh,
    savedWords,
    openWords,
  }
}
