// Everything the project overview shows, asked for side by side. Each part fails and retries on its own; when range or
// environment change, the old numbers stay (dimmed by the page) until the new ones are there.
import type { z } from 'zod'
import type { Breakdown, Health, TagStats, topIssue, Volume } from '#shared/schemas/stats'
import type { Ref } from 'vue'
import { useIntervalFn } from '@vueuse/core'
import { useApi } from '~/composables/useApi'

const REFRESH_MS = 60_000

export type TopIssue = z.infer<typeof topIssue>

export const useOverview = (
  projectId: string,
  rangeQuery: Ref<Record<string, string | undefined>>,
  zone: Ref<string>,
) => {
  const api = useApi()
  const part = <T>(name: string, query: () => Record<string, string | undefined> = () => ({})) =>
    useAsyncData(
      `overview:${projectId}:${name}`,
      () =>
        api<T>(`/projects/${projectId}/stats/${name.split(':')[0]}`, {
          query: { ...rangeQuery.value, timezone: zone.value, ...query() },
        }),
      { lazy: true, watch: [rangeQuery, zone] },
    )
  const parts = {
    health: part<Health>('health'),
    volume: part<Volume>('volume'),
    topIssues: part<{ data: TopIssue[] }>('top-issues', () => ({ limit: '8' })),
    environments: part<Breakdown>('breakdown:environment', () => ({ kind: 'environment' })),
    tags: part<TagStats>('tags'),
    releases: part<Breakdown>('breakdown:release', () => ({ kind: 'release' })),
  }
  // Open all day: the numbers stay fresh while somebody looks.
  useIntervalFn(() => {
    if (document.visibilityState === 'visible') for (const { refresh } of Object.values(parts)) void refresh()
  }, REFRESH_MS)
  return parts
}
