// Resolve, unresolve, archive. The version seen goes along: when somebody else was faster, nothing is overwritten, the
// reader is told and sees the current state. What was done can be undone from the toast.
import type { Issue, IssueStatus } from '#shared/schemas/issue'
import type { Ref } from 'vue'
import { problemOf, useApi } from '~/composables/useApi'

const DONE: Record<IssueStatus, string> = {
  resolved: 'Resolved',
  unresolved: 'Reopened',
  archived: 'Archived',
}
const ACTION: Record<IssueStatus, string> = { resolved: 'Resolve', unresolved: 'Reopen', archived: 'Archive' }

interface Options {
  projectId: string
  issue: Ref<Issue | null | undefined>
  /** Reads the issue again, and what its page shows about its past. */
  reload: () => Promise<unknown>
}

export function useIssueStatus({ projectId, issue, reload }: Options) {
  const api = useApi()
  const toast = useToast()
  const keptList = useState<unknown>('issue-list', () => null)
  const changing = ref<IssueStatus | null>(null)

  async function setStatus(status: IssueStatus, isUndo = false): Promise<void> {
    const before = issue.value
    if (!before || changing.value || before.status === status) return
    changing.value = status
    try {
      await api(`/projects/${projectId}/issues/${before.id}`, {
        method: 'PATCH',
        body: { status, version: before.version },
      })
      keptList.value = null
      await reload()
      toast.add({
        title: isUndo ? `Undone: ${before.shortId} is ${status} again` : `${DONE[status]} ${before.shortId}`,
        icon: status === 'archived' ? 'i-lucide-archive' : 'i-lucide-circle-check',
        color: 'success',
        actions: isUndo
          ? []
          : [
              {
                label: 'Undo',
                icon: 'i-lucide-undo-2',
                color: 'neutral',
                variant: 'outline',
                onClick: () => void setStatus(before.status, true),
              },
            ],
      })
    } catch (error) {
      await tellWhy(error, status)
    } finally {
      changing.value = null
    }
  }

  async function tellWhy(error: unknown, wanted: IssueStatus) {
    const problem = problemOf(error)
    if (problem.status !== 409) {
      toast.add({
        title: 'Nothing was changed',
        description: problem.message,
        icon: 'i-lucide-circle-x',
        color: 'error',
        actions: [
          { label: 'Try again', color: 'neutral', variant: 'outline', onClick: () => void setStatus(wanted) },
        ],
      })
      return
    }
    await reload()
    const now = issue.value
    toast.add({
      title: 'Somebody was faster',
      description: now
        ? `${now.shortId} has changed since you looked and is ${now.status} now. Your change was not made.`
        : 'The issue has changed since you looked. Your change was not made.',
      icon: 'i-lucide-git-pull-request-arrow',
      color: 'warning',
      actions:
        now && now.status !== wanted
          ? [
              {
                label: `${ACTION[wanted]} anyway`,
                color: 'neutral',
                variant: 'outline',
                onClick: () => void setStatus(wanted),
              },
            ]
          : [],
    })
  }

  return { setStatus, changing }
}
