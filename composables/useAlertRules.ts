// The alert rules of a project: all of them (there are at most a hundred), and small changes of one.
import type { AlertRule } from '#shared/schemas/alert'
import { MAX_RULES } from '#shared/constants/limits'
import { problemOf, useApi } from '~/composables/useApi'

export function useAlertRules(projectId: string) {
  const api = useApi()
  const toast = useToast()
  const path = `/projects/${projectId}/alert-rules`
  const { data, error, status, refresh } = useAsyncData(
    `alert-rules:${projectId}`,
    () => api<{ data: AlertRule[] }>(path, { query: { limit: MAX_RULES } }).then(({ data }) => data),
    { lazy: true, deep: false },
  )

  /** The id of the one that is being changed. */
  const busy = ref<string | null>(null)
  async function run(rule: AlertRule, title: string, work: () => Promise<unknown>): Promise<boolean> {
    busy.value = rule.id
    try {
      await work()
      toast.add({ title, icon: 'i-lucide-circle-check', color: 'success' })
      return true
    } catch (failure) {
      toast.add({
        title: 'The rule was not changed',
        description: problemOf(failure).message,
        icon: 'i-lucide-circle-x',
        color: 'error',
      })
      return false
    } finally {
      busy.value = null
      await refresh()
    }
  }

  const change = (rule: AlertRule, fields: { enabled?: boolean; mutedUntil?: string | null }) => {
    const what =
      fields.enabled !== undefined
        ? `is switched ${fields.enabled ? 'on' : 'off'}`
        : fields.mutedUntil
          ? 'is muted'
          : 'is heard again'
    return run(rule, `“${rule.name}” ${what}`, () =>
      api(`${path}/${rule.id}`, { method: 'PATCH', body: fields }),
    )
  }
  const remove = (rule: AlertRule) =>
    run(rule, `“${rule.name}” is deleted`, () => api(`${path}/${rule.id}`, { method: 'DELETE' }))

  return { rules: data, error, status, refresh, busy, change, remove }
}
