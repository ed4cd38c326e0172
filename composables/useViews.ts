// The saved views of one list: asked for when the menu opens, and again after each change. What the server refuses is
// told; nothing is guessed.
import type { View, ViewPage } from '#shared/schemas/view'
import { problemOf, useApi } from '~/composables/useApi'

export interface ViewList {
  page: ViewPage
  /** Null: the organisation's own list. */
  projectId: string | null
  orgSlug: string
}

export function useViews({ page, projectId, orgSlug }: ViewList) {
  const api = useApi()
  const toast = useToast()
  const base = `/orgs/${orgSlug}/views`
  const views = useState<View[]>(`views:${orgSlug}:${page}:${projectId ?? ''}`, () => [])
  const state = ref<'unasked' | 'asking' | 'known' | 'failed'>('unasked')

  async function loadViews() {
    if (state.value === 'asking') return
    if (state.value !== 'known') state.value = 'asking'
    try {
      const found: View[] = []
      let cursor: string | null = null
      do {
        const answer: { data: View[]; nextCursor: string | null } = await api(base, {
          query: { page, project: projectId ?? 'none', limit: 100, cursor: cursor ?? undefined },
        })
        found.push(...answer.data)
        cursor = answer.nextCursor
      } while (cursor)
      views.value = found
      state.value = 'known'
    } catch {
      // The menu says it; opening it again asks again.
      state.value = 'failed'
    }
  }

  /** @returns what came of it; null when it was refused, which has been told */
  async function change<T>(what: string, ask: () => Promise<T>): Promise<T | null> {
    try {
      const answer = await ask()
      await loadViews()
      return answer
    } catch (error) {
      toast.add({
        title: `The view was not ${what}`,
        description: problemOf(error).message,
        icon: 'i-lucide-circle-x',
        color: 'error',
      })
      return null
    }
  }

  const save = (view: { name: string; shared: boolean; query: Record<string, string> }) =>
    change('saved', () => api<View>(base, { method: 'POST', body: { page, projectId, ...view } }))
  const update = (id: string, fields: { name?: string; shared?: boolean; query?: Record<string, string> }) =>
    change('changed', () => api<View>(`${base}/${id}`, { method: 'PATCH', body: fields }))
  const remove = (id: string) =>
    change('deleted', async () => {
      await api(`${base}/${id}`, { method: 'DELETE' })
      return true
    })

  return { views, state, loadViews, save, update, remove }
}
