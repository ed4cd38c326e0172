// A list of alerts, of an organisation or a project: a tab of one state, filters in the address, older ones on demand,
// and what is done about one. Acknowledging can be taken back; what is resolved stays so.
import type { Alert, AlertsPage, AlertState } from '#shared/schemas/alert'
import { problemOf, useApi } from '~/composables/useApi'
import { useAlertNews } from '~/composables/useAlertNews'
import { alertTitle } from '~/utils/alert-words'

export const ALERT_TABS = ['active', 'acknowledged', 'resolved', 'all'] as const
export type AlertTab = (typeof ALERT_TABS)[number]

const PAGE = 25
const UNDO_MS = 10_000

export function useAlertList(path: string) {
  const api = useApi()
  const toast = useToast()
  const route = useRoute()
  const { heard } = useAlertNews()

  const param = (name: string) => {
    const value = route.query[name]
    return typeof value === 'string' && value ? value : undefined
  }
  const tab = computed<AlertTab>(() => ALERT_TABS.find((one) => one === param('state')) ?? 'active')
  const filters = computed(() => ({ project: param('project'), rule: param('rule') }))
  const setFilter = (change: {
    state?: AlertTab
    project?: string | undefined
    rule?: string | undefined
  }) => {
    const query = { ...route.query, ...change }
    if (query.state === 'active') delete query.state
    return navigateTo({ query })
  }

  const read = (cursor?: string) =>
    api<AlertsPage>(path, {
      query: { state: tab.value === 'all' ? undefined : tab.value, ...filters.value, limit: PAGE, cursor },
    })
  const { data, error, status, refresh } = useAsyncData(`alerts:${path}`, () => read(), {
    lazy: true,
    deep: false,
    watch: [tab, () => filters.value.project, () => filters.value.rule],
  })
  // What came while it stands here; a list that was read on is not thrown away under its reader.
  const isLong = ref(false)
  watch([tab, filters], () => (isLong.value = false))
  watch(heard, () => !isLong.value && void refresh())

  const loadingMore = ref(false)
  async function more() {
    const before = data.value
    if (!before?.nextCursor || loadingMore.value) return
    loadingMore.value = true
    try {
      const next = await read(before.nextCursor)
      if (data.value === before) {
        data.value = { ...before, data: [...before.data, ...next.data], nextCursor: next.nextCursor }
        isLong.value = true
      }
    } catch (failure) {
      refused('The rest could not be loaded', failure)
    } finally {
      loadingMore.value = false
    }
  }

  /** The ids of those that are being changed. */
  const busy = ref<ReadonlySet<string>>(new Set())
  async function change(alert: Alert, state: AlertState) {
    if (busy.value.has(alert.id)) return
    busy.value = new Set([...busy.value, alert.id])
    try {
      const after = await api<Alert>(`/projects/${alert.project.id}/alerts/${alert.id}`, {
        method: 'PATCH',
        body: { state },
      })
      show(after, alert.state)
      told(after, alert.state)
    } catch (failure) {
      refused('The alert was not changed', failure)
      await refresh()
    } finally {
      busy.value = new Set([...busy.value].filter((id) => id !== alert.id))
    }
  }

  /** In its place, or away where the tab is of another state. */
  function show(after: Alert, before: AlertState) {
    const page = data.value
    if (!page) return
    const counts = { ...page.counts }
    if (before !== 'resolved' && before !== after.state) counts[before]--
    if (after.state !== 'resolved' && before !== after.state) counts[after.state]++
    const stays = tab.value === 'all' || tab.value === after.state
    const isHere = page.data.some(({ id }) => id === after.id)
    data.value = {
      ...page,
      counts,
      data: stays
        ? isHere
          ? page.data.map((one) => (one.id === after.id ? after : one))
          : [...page.data, after].toSorted((a, b) => Number(b.id) - Number(a.id))
        : page.data.filter(({ id }) => id !== after.id),
    }
  }

  function told(after: Alert, before: AlertState) {
    const back = after.state === 'acknowledged' && before === 'active'
    toast.add({
      title: { active: 'Active again', acknowledged: 'Acknowledged', resolved: 'Resolved' }[after.state],
      description: alertTitle(after),
      icon: after.state === 'active' ? 'i-lucide-undo-2' : 'i-lucide-circle-check',
      color: 'success',
      ...(back
        ? {
            duration: UNDO_MS,
            actions: [
              {
                label: 'Undo',
                icon: 'i-lucide-undo-2',
                color: 'neutral' as const,
                variant: 'outline' as const,
                onClick: () => void change(after, 'active'),
              },
            ],
          }
        : {}),
    })
  }

  const refused = (title: string, failure: unknown) =>
    toast.add({ title, description: problemOf(failure).message, icon: 'i-lucide-circle-x', color: 'error' })

  return { page: data, error, status, refresh, tab, filters, setFilter, more, loadingMore, change, busy }
}
