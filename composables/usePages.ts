// A keyset list that grows downwards: the first page with the visit, older ones when they are asked for.
import { problemOf, useApi } from '~/composables/useApi'

interface Page<Row> {
  data: Row[]
  nextCursor: string | null
}

export function usePages<Row>(path: string, limit = 50) {
  const api = useApi()
  const toast = useToast()
  const read = (cursor?: string) => api<Page<Row>>(path, { query: { limit, cursor } })
  const { data, error, status, refresh } = useAsyncData(`pages:${path}`, () => read(), {
    lazy: true,
    deep: false,
  })
  const busy = ref(false)

  async function readOn() {
    const before = data.value
    if (!before?.nextCursor || busy.value) return
    busy.value = true
    try {
      const more = await read(before.nextCursor)
      // Begun anew meanwhile: what was read belongs to the list before.
      if (data.value === before)
        data.value = { data: [...before.data, ...more.data], nextCursor: more.nextCursor }
    } catch (failure) {
      toast.add({
        title: 'The rest could not be loaded',
        description: problemOf(failure).message,
        color: 'error',
      })
    } finally {
      busy.value = false
    }
  }

  const rows = computed(() => data.value?.data ?? null)
  const hasMore = computed(() => Boolean(data.value?.nextCursor))
  return { rows, hasMore, error, status, refresh, readOn, busy }
}
