// Everything the project overview shows, asked for side by side. Each part fails and retries on its own; when range or
// environment change, the old numbers stay (dimmed by the page) until the new ones are there.
import type { z } from 'zod'
import type { Breakdown, Health, TagStats, topIssue, Volume } from '#shared/schemas/stats'
import type { Ref } from 'vue'
import { useIntervalFn, useThrottleFn } from '@vueuse/core'
import { useApi } from '~/composables/useApi'
import { useLive } from '~/composables/useLive'

const REFRESH_MS = 60_000
/** While something happens. */
const NEWS_MS = 10_000

export type TopIssue = z.infer<typeof topIssue>

export const useOverview = (
  projectId: string,
  rangeQuery: Ref<Record<string, string | undefined>>,
  zone: Ref<string>,
) => {
  const api = useApi()
  /** Reads a part anew without a sign of loading; when it fails, what stands there stays. */
  const quietly: (() => Promise<void>)[] = []
  const part = <T>(name: string, query: () => Record<string, string | undefined> = () => ({})) => {
    const asked = () => ({ ...rangeQuery.value, timezone: zone.value, ...query() })
    const read = () => api<T>(`/projects/${projectId}/stats/${name.split(':')[0]}`, { query: asked() })
    const asyncData = useAsyncData(`overview:${projectId}:${name}`, read, {
      lazy: true,
      watch: [rangeQuery, zone],
    })
    quietly.push(async () => {
      const isBusy = () => asyncData.status.value === 'pending'
      const before = JSON.stringify(asked())
      if (isBusy()) return
      const now = await read()
      if (before === JSON.stringify(asked()) && !isBusy())
        asyncData.data.value = now as typeof asyncData.data.value
    })
    return asyncData
  }
  const parts = {
    health: part<Health>('health'),
    volume: part<Volume>('volume'),
    topIssues: part<{ data: TopIssue[] }>('top-issues', () => ({ limit: '8' })),
    environments: part<Breakdown>('breakdown:environment', () => ({ kind: 'environment' })),
    tags: part<TagStats>('tags'),
    releases: part<Breakdown>('breakdown:release', () => ({ kind: 'release' })),
  }
  // Open all day: the numbers stay fresh while somebody looks.
  const readAgain = () => {
    if (document.visibilityState !== 'visible') return
    for (const read of quietly)
      read().catch((error: unknown) => console.warn('A part of the overview is old', error))
  }
  useIntervalFn(readAgain, REFRESH_MS)
  const readSoon = useThrottleFn(readAgain, NEWS_MS, true)
  useLive(
    { projectId, events: false },
    { heard: ({ type }) => type.startsWith('issue.') && void readSoon(), renewed: () => void readSoon() },
  )
  return parts
}
