// The issue in view, kept up to date: its numbers in place, its state and its past when somebody else changed it, and how
// many events came meanwhile. The event in view stays: the reader says when to go on.
import type { LiveAnswer } from '#shared/schemas/live'
import { useThrottleFn } from '@vueuse/core'
import type { useIssue } from '~/composables/useIssue'
import { useLive } from '~/composables/useLive'

/** Charts and tags while events come. */
const READ_MS = 10_000

interface Options {
  projectId: string
  asked: ReturnType<typeof useIssue>
  /** Whether the page shows the newest, whichever that is. */
  isNewest: () => boolean
  toNewest: () => unknown
}

export function useLiveIssue({ projectId, asked, isNewest, toNewest }: Options) {
  const issue = asked.issue.data
  const newerEvents = ref(0)
  // Read again, or another one: what came since is counted from there.
  watch(asked.event.data, () => (newerEvents.value = 0))

  const readState = () => {
    const { issue, activity, grouping } = asked
    for (const { refresh } of [issue, activity, grouping]) void refresh()
  }
  const readCharts = useThrottleFn(
    () => {
      for (const { refresh } of [asked.timeline, asked.tags]) void refresh()
    },
    READ_MS,
    true,
  )

  function heard(answer: LiveAnswer) {
    if (answer.type === 'event' && !answer.event.sampled) newerEvents.value++
    else if (answer.type === 'issue.counts') {
      const [counts] = answer.issues
      if (issue.value && counts?.id === issue.value.id) issue.value = { ...issue.value, ...counts }
      void readCharts()
    } else if (answer.type === 'issue.updated') {
      readState()
      void readCharts()
    }
  }
  // While a merged issue is on its way to the other's address it is not listened to by this name.
  useLive(() => (issue.value ? { projectId, filters: { issueId: issue.value.id } } : null), {
    heard,
    renewed() {
      // While the page is still being brought to life, asking again would answer with what came along with it.
      onNuxtReady(() => {
        readState()
        void readCharts()
      })
    },
  })

  async function showNewest() {
    newerEvents.value = 0
    await (isNewest() ? asked.event.refresh() : toNewest())
  }
  return { newerEvents, showNewest }
}
