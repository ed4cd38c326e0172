// Changes of one issue: state, archive, assignee. The version seen goes along: when somebody else was faster nothing is
// overwritten, the reader is told who did what, sees the current state, and has their own wish one click away. What was
// done can be undone from its toast. Where the answer is shown is the caller's (`applied`, `refused`).
import type { Activity, Issue } from '#shared/schemas/issue'
import { problemOf, useApi } from '~/composables/useApi'
import { useMe } from '~/composables/useMe'
import { useMembers } from '~/composables/useMembers'
import { useProjects } from '~/composables/useProjects'
import { useZone } from '~/composables/useZone'
import { activityWords } from '~/utils/activity-words'
import { formatTimeAgo } from '~/utils/format-time'
import { changeBack, isChanged, statusAfter, type IssueChange } from '~/utils/issue-change'
import { actionWord, doneSentence, isolated } from '~/utils/issue-words'

/** Long enough to see that it was the wrong one, and to reach the button. */
export const UNDO_MS = 10_000

interface Hooks {
  /** The issue as it is now. */
  applied: (now: Issue) => unknown
  /** Nothing was changed: why, and the issue as it is, where the server said. */
  refused?: (why: string, current?: Issue) => unknown
}

export function useIssueChange(projectId: string, orgSlug: string) {
  const api = useApi()
  const toast = useToast()
  const zone = useZone()
  const { me } = useMe()
  const { nameOf } = useMembers(orgSlug)
  const { refreshProjects } = useProjects()
  const keptList = useState<unknown>('issue-list', () => null)
  const base = `/projects/${projectId}/issues`

  const words = () => ({
    now: Date.now(),
    timeZone: zone.value,
    nameOf: (id: string) => (id === me.value?.id ? me.value.name : nameOf(id)),
  })

  /** What other places show of it: the list the reader came from, and the count beside "Issues". */
  function forgetOldNumbers() {
    keptList.value = null
    refreshProjects(orgSlug).catch((error: unknown) => console.warn('The counts of projects are old', error))
  }

  async function change(before: Issue, wanted: IssueChange, hooks: Hooks, isUndo = false): Promise<void> {
    if (!isChanged(before, wanted)) return
    try {
      const now = await api<Issue>(`${base}/${before.id}`, {
        method: 'PATCH',
        body: { ...wanted, version: before.version },
      })
      forgetOldNumbers()
      await hooks.applied(now)
      const said = doneSentence(wanted, before.shortId, words())
      toast.add({
        title: isUndo ? `Undone: ${said[0]!.toLowerCase()}${said.slice(1)}` : said,
        icon: statusAfter(wanted) === 'archived' ? 'i-lucide-archive' : 'i-lucide-circle-check',
        color: 'success',
        duration: isUndo ? undefined : UNDO_MS,
        actions: isUndo
          ? []
          : [
              {
                label: 'Undo',
                icon: 'i-lucide-undo-2',
                color: 'neutral',
                variant: 'outline',
                onClick: () => void change(now, changeBack(before, wanted, Date.now()), hooks, true),
              },
            ],
      })
    } catch (error) {
      const problem = problemOf(error)
      const current = (problem.details as { current?: Issue } | undefined)?.current
      if (problem.status === 409 && current) await tellWhoWasFaster(current, wanted, hooks)
      else await tellWhy(before, wanted, hooks, problem)
    }
  }

  async function tellWhy(before: Issue, wanted: IssueChange, hooks: Hooks, problem: { message: string }) {
    await hooks.refused?.(problem.message)
    toast.add({
      title: `${before.shortId} was not changed`,
      description: problem.message,
      icon: 'i-lucide-circle-x',
      color: 'error',
      actions: [
        {
          label: 'Try again',
          color: 'neutral',
          variant: 'outline',
          onClick: () => void change(before, wanted, hooks),
        },
      ],
    })
  }

  async function tellWhoWasFaster(current: Issue, wanted: IssueChange, hooks: Hooks) {
    const who = await lastActivity(current.id)
    const happened = who ?? `${current.shortId} has changed since you looked.`
    forgetOldNumbers()
    await hooks.refused?.(happened, current)
    const stillWanted = isChanged(current, wanted)
    toast.add({
      title: 'Somebody was faster',
      description: stillWanted
        ? `${happened} It is ${current.status} now; your change was not made.`
        : `${happened} It is as you wanted it.`,
      icon: 'i-lucide-triangle-alert',
      color: 'warning',
      actions: stillWanted
        ? [
            {
              label: `${actionWord(wanted)} anyway`,
              color: 'neutral',
              variant: 'outline',
              onClick: () => void change(current, wanted, hooks),
            },
          ]
        : [],
    })
  }

  /** "Ada archived it until 12 Dec, 5 min ago."; undefined when it cannot be asked: then the state alone is told. */
  async function lastActivity(issueId: string): Promise<string | undefined> {
    try {
      const page = await api<{ data: Activity[] }>(`${base}/${issueId}/activity`, { query: { limit: 1 } })
      const entry = page.data[0]
      if (!entry) return undefined
      const { who, did } = activityWords(entry, Date.now(), zone.value)
      const name = entry.actor?.id === me.value?.id ? 'You' : isolated(who ?? 'Mesher')
      return `${name} ${did}, ${formatTimeAgo(Date.parse(entry.createdAt), Date.now())}.`
    } catch {
      return undefined
    }
  }

  return { change, words, forgetOldNumbers }
}
