// One issue with everything its page shows, and the event in view: the newest, or the one of the address.
// All is asked for at once: nothing waits for another.
// Coming from the list, the row already seen stands in until the answer is there.
import type { Activity, Issue, TagFacet } from '#shared/schemas/issue'
import type { EventDetail } from '#shared/schemas/event-view'
import type { Timeline } from '#shared/schemas/stats'
import type { Ref } from 'vue'
import { problemOf, useApi } from '~/composables/useApi'
import type { IssuePage } from '~/composables/useIssueList'
import { useZone } from '~/composables/useZone'
import type { IssueGroup } from '~/utils/grouping-words'

interface List<T> {
  data: T[]
}

export function useIssue(projectId: string, issueId: string, eventId: Ref<string | undefined>) {
  const api = useApi()
  const zone = useZone()
  const base = `/projects/${projectId}/issues/${issueId}`
  const name = `issue-${projectId}-${issueId}`
  const kept = useState<{ key: string; page: IssuePage } | null>('issue-list', () => null)
  const fromList = () =>
    kept.value?.page.data.find(
      (row) => row.projectId === projectId && (row.id === issueId || row.shortId === issueId),
    )

  const lazy = { lazy: true, deep: false } as const
  const issue = useAsyncData<Issue | null>(name, () => api<Issue>(base), {
    ...lazy,
    default: () => fromList() ?? null,
  })
  // What waits for escalation is looked at in hours, which its limit is about; everything else over more days.
  const waits = computed(() => {
    const { status, archive } = issue.data.value ?? {}
    return status === 'archived' && (archive?.until ?? 'escalating') === 'escalating'
  })
  const timeline = useAsyncData(
    `${name}-timeline`,
    () =>
      api<Timeline>(`${base}/timeline`, {
        query: { since: waits.value ? '7d' : '14d', timezone: zone.value },
      }),
    { ...lazy, watch: [zone] },
  )
  onMounted(() =>
    watch(
      () => waits.value && timeline.data.value?.interval === '1d',
      // While the page is still being brought to life, asking again would answer with what came along with it.
      (tooCoarse) => tooCoarse && onNuxtReady(() => timeline.refresh()),
      { immediate: true },
    ),
  )
  const tags = useAsyncData(`${name}-tags`, () => api<List<TagFacet>>(`${base}/tags`), lazy)
  const activity = useAsyncData(`${name}-activity`, () => api<List<Activity>>(`${base}/activity`), lazy)
  const grouping = useAsyncData(`${name}-grouping`, () => api<List<IssueGroup>>(`${base}/grouping`), lazy)

  const event = useAsyncData<EventDetail | null>(
    `${name}-event`,
    async () => {
      try {
        return await api<EventDetail>(`${base}/events/${encodeURIComponent(eventId.value ?? 'latest')}`)
      } catch (error) {
        // Past its retention, or never there: the page says so, the issue stays.
        if (problemOf(error).status === 404) return null
        throw error
      }
    },
    { ...lazy, watch: [eventId], default: () => null },
  )

  return { issue, timeline, tags, activity, grouping, event }
}
