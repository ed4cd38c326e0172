// What is stored of a project or an organisation. Asked again now and then, and every two seconds while something is
// being removed.
import { useIntervalFn } from '@vueuse/core'
import type { OrgStorage, ProjectStorage } from '#shared/schemas/storage'
import { useApi } from '~/composables/useApi'

const REFRESH_MS = 60_000
const PROGRESS_MS = 2_000

export function useProjectStorage(projectId: string) {
  const api = useApi()
  const asked = useAsyncData(
    `storage:${projectId}`,
    () => api<ProjectStorage>(`/projects/${projectId}/storage`),
    { lazy: true },
  )
  const removing = computed(() => {
    const removal = asked.data.value?.retention.removal
    return Boolean(removal && !removal.finishedAt)
  })
  refreshing(() => asked.refresh(), removing)
  return { ...asked, removing }
}

export function useOrgStorage(orgSlug: string) {
  const api = useApi()
  const asked = useAsyncData(`storage:${orgSlug}`, () => api<OrgStorage>(`/orgs/${orgSlug}/storage`), {
    lazy: true,
  })
  refreshing(() => asked.refresh(), ref(false))
  return asked
}

function refreshing(refresh: () => Promise<void>, soon: Readonly<Ref<boolean>>): void {
  const every = computed(() => (soon.value ? PROGRESS_MS : REFRESH_MS))
  useIntervalFn(() => {
    if (document.visibilityState === 'visible') void refresh()
  }, every)
}
