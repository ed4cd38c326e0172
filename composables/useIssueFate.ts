// What happens to an issue as a whole: merged with others, taken apart, discarded, deleted.
import type { Issue } from '#shared/schemas/issue'
import { problemOf, useApi } from '~/composables/useApi'
import { UNDO_MS } from '~/composables/useIssueChange'
import { issuesWords } from '~/utils/issue-words'

export function useIssueFate(projectId: string, changed: () => void) {
  const api = useApi()
  const toast = useToast()
  const base = `/projects/${projectId}`
  const busy = ref<'merge' | 'unmerge' | 'discard' | 'delete' | null>(null)

  /** Runs one deed; false and a toast when it was refused. */
  async function attempt(what: NonNullable<typeof busy.value>, deed: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false
    busy.value = what
    try {
      await deed()
      changed()
      return true
    } catch (error) {
      toast.add({
        title: 'Nothing was changed',
        description: problemOf(error).message,
        icon: 'i-lucide-circle-x',
        color: 'error',
      })
      return false
    } finally {
      busy.value = null
    }
  }
  const say = (title: string, icon: string, more: Parameters<typeof toast.add>[0] = {}) =>
    toast.add({ title, icon, color: 'success', ...more })

  const merge = (into: Issue, ids: string[]) =>
    attempt('merge', async () => {
      await api<Issue>(`${base}/issues/${into.id}/merge`, { method: 'POST', body: { ids } })
      say(`Merged ${issuesWords(ids.length)} into ${into.shortId}`, 'i-lucide-merge', {
        description: 'Its page takes them apart again, under “Why this is one issue”.',
      })
    })

  const unmerge = (from: Issue, groupIds: string[]) =>
    attempt('unmerge', async () => {
      const { restored } = await api<{ issue: Issue; restored: Issue[] }>(
        `${base}/issues/${from.id}/unmerge`,
        { method: 'POST', body: { groupIds } },
      )
      const names = restored.map(({ shortId }) => shortId).join(', ')
      say(`Took ${issuesWords(restored.length)} out of ${from.shortId}`, 'i-lucide-split', {
        description: `Unresolved again: ${names}`,
      })
    })

  const remove = (issue: Issue, what: 'discard' | 'delete', broughtBack: () => unknown) =>
    attempt(what, async () => {
      const path = `${base}/issues/${issue.id}`
      if (what === 'delete') {
        await api(path, { method: 'DELETE' })
        say(`Deleted ${issue.shortId}`, 'i-lucide-trash-2', {
          description: 'Its events go in the background.',
        })
        return
      }
      await api(`${path}/discard`, { method: 'POST' })
      say(`Discarded ${issue.shortId}`, 'i-lucide-ban', {
        description: 'Later events like it are counted and not stored.',
        duration: UNDO_MS,
        actions: [
          {
            label: 'Bring back',
            icon: 'i-lucide-undo-2',
            color: 'neutral',
            variant: 'outline',
            onClick: () => void bringBack(issue, broughtBack),
          },
        ],
      })
    })

  async function bringBack(issue: Pick<Issue, 'id' | 'shortId'>, done: () => unknown): Promise<boolean> {
    try {
      await api<Issue>(`${base}/discarded/${issue.id}`, { method: 'DELETE' })
      changed()
      await done()
      say(`${issue.shortId} is back`, 'i-lucide-undo-2', {
        description: 'Unresolved; its next events are stored again.',
      })
      return true
    } catch (error) {
      toast.add({
        title: `${issue.shortId} stays discarded`,
        description: problemOf(error).message,
        color: 'error',
      })
      return false
    }
  }

  return { busy, merge, unmerge, remove, bringBack }
}
