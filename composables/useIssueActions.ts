// Everything the issue page can do with its issue, by button, by key and by ⌘K: what was done is shown there, and what
// the page says of the past is read again.
import type { Issue } from '#shared/schemas/issue'
import type { ProjectRow } from '#shared/schemas/project'
import type { Ref } from 'vue'
import { useClipboard } from '@vueuse/core'
import type { useIssue } from '~/composables/useIssue'
import { useIssueChange } from '~/composables/useIssueChange'
import { useIssueFate } from '~/composables/useIssueFate'
import { useIssueOrder } from '~/composables/useIssueList'
import { useMe } from '~/composables/useMe'
import { usePageActions, type PageAction } from '~/composables/usePageActions'
import { useRecent } from '~/composables/useRecent'
import type { IssueChange } from '~/utils/issue-change'
import { issueTitle } from '~/utils/issue-title'

interface Options {
  project: ProjectRow
  /** Addresses of the project and of the issue. */
  path: Ref<string>
  issuePath: Ref<string>
  asked: ReturnType<typeof useIssue>
}

export function useIssueActions({ project, path, issuePath, asked }: Options) {
  const { me } = useMe()
  const toast = useToast()
  const issue = asked.issue.data
  const toList = () => navigateTo(`${path.value}/issues`)

  const refreshPast = () => Promise.all([asked.activity.refresh(), asked.timeline.refresh()])
  const refreshAll = () => Promise.all(Object.values(asked).map(({ refresh }) => refresh()))
  // The next change needs the issue as it is now, and need not wait for its past.
  const show = (now: Issue) => {
    issue.value = now
    void refreshPast()
  }

  const { change: changeIssue, forgetOldNumbers } = useIssueChange(project.id, project.orgSlug)
  const changing = ref(false)
  async function change(wanted: IssueChange) {
    if (!issue.value || changing.value) return
    changing.value = true
    await changeIssue(issue.value, wanted, {
      applied: show,
      refused: (_, current) => current && show(current),
    })
    changing.value = false
  }

  const { busy, ...fate } = useIssueFate(project.id, forgetOldNumbers)
  const merging = ref(false)
  async function merge(ids: string[]) {
    if (!issue.value || !(await fate.merge(issue.value, ids))) return
    merging.value = false
    await refreshAll()
  }
  async function unmerge(groupIds: string[]) {
    if (issue.value && (await fate.unmerge(issue.value, groupIds))) await refreshAll()
  }

  const recent = useRecent()
  const removing = ref<'discard' | 'delete' | null>(null)
  async function remove() {
    const [{ value: gone }, address] = [issue, issuePath.value]
    if (!gone || !removing.value) return
    if (!(await fate.remove(gone, removing.value, () => navigateTo(address)))) return
    removing.value = null
    recent.forget(address)
    await toList()
  }

  const { copy } = useClipboard({ legacy: true })
  async function copyLink() {
    await copy(window.location.href)
    toast.add({ title: 'Link copied', icon: 'i-lucide-link', color: 'success' })
  }

  onMounted(() =>
    watch(
      issue,
      (now) =>
        now && recent.remember({ to: issuePath.value, label: issueTitle(now).type, suffix: now.shortId }),
      { immediate: true },
    ),
  )

  const order = useIssueOrder()
  function toIssue(step: 1 | -1) {
    const ids = order.value?.projectId === project.id ? order.value.ids : []
    const at = ids.indexOf(issue.value?.id ?? '')
    const next = at < 0 ? undefined : ids[at + step]
    if (next) void navigateTo(`${path.value}/issues/${next}`)
  }

  const status = computed(() => issue.value?.status)
  const doChange = (label: string, icon: string, wanted: IssueChange, keys?: string): PageAction => ({
    ...{ label, icon, run: () => void change(wanted) },
    ...(keys ? { keys } : {}),
  })
  usePageActions('This issue', () => [
    ...(status.value === 'resolved'
      ? []
      : [
          doChange('Resolve', 'i-lucide-check', { status: 'resolved' }, 'e'),
          doChange(
            'Archive until it escalates',
            'i-lucide-archive',
            { archive: { until: 'escalating' } },
            'a',
          ),
          doChange('Archive forever', 'i-lucide-infinity', { archive: { until: 'forever' } }),
        ]),
    ...(status.value === 'unresolved'
      ? []
      : [doChange('Reopen', 'i-lucide-rotate-ccw', { status: 'unresolved' }, 'r')]),
    ...(me.value ? [doChange('Assign to me', 'i-lucide-user-round', { assigneeId: me.value.id }, 'i')] : []),
    { label: 'Merge with…', icon: 'i-lucide-merge', run: () => (merging.value = true) },
    { label: 'Copy link', icon: 'i-lucide-link', run: () => void copyLink() },
    { label: 'Discard…', icon: 'i-lucide-ban', run: () => (removing.value = 'discard') },
    { label: 'Delete…', icon: 'i-lucide-trash-2', run: () => (removing.value = 'delete') },
    { label: 'Next issue of the list', keys: 'j', run: () => toIssue(1) },
    { label: 'Previous issue of the list', keys: 'k', run: () => toIssue(-1) },
    { label: 'Back to the list', keys: 'u', run: () => void toList() },
  ])

  return { change, changing, busy, merging, merge, unmerge, removing, remove, copyLink }
}
