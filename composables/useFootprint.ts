// What would go with a project or an organisation, in words. Asked when somebody is about to delete it.
import type { Footprint } from '#shared/schemas/erasure'
import { useApi } from '~/composables/useApi'
import { formatPlural } from '~/utils/format-count'

export const useFootprint = (path: string) => {
  const api = useApi()
  const footprint = ref<Footprint | null>(null)
  /** Without numbers when they cannot be had: deleting does not depend on them. */
  const count = async () => {
    footprint.value = await api<Footprint>(`${path}/footprint`).catch(() => null)
  }
  const contents = computed(() => {
    if (!footprint.value) return null
    const { issues, events } = footprint.value
    return `${formatPlural(issues, 'issue')} and ${formatPlural(events, 'event')}`
  })
  return { footprint, contents, count }
}
