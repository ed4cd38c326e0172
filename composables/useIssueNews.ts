// A list of issues, kept up to date under the reader: numbers and states change in place; other rows and another order
// come in at once only where nothing can jump (`isFree`: at the top of the plain first page, nothing in hand), else they
// wait to be let in.
import type { IssueRow } from '#shared/schemas/issue'
import type { LiveAnswer } from '#shared/schemas/live'
import type { Ref } from 'vue'
import { useThrottleFn } from '@vueuse/core'
import type { IssuePage, useIssueList } from '~/composables/useIssueList'
import { useLive } from '~/composables/useLive'
import { withCounts, withState } from '~/utils/issue-news'

/** The list is read again at most so often. */
const READ_MS = 3_000

interface Options {
  projectId: string
  list: ReturnType<typeof useIssueList<IssueRow>>
  isFree: Ref<boolean>
}

export function useIssueNews({ projectId, list, isFree }: Options) {
  const { page, cursor } = list
  const waiting = shallowRef<{ key: string; page: IssuePage; count: number } | null>(null)
  /** Rows that came while one looked. */
  const arrived = shallowRef<ReadonlySet<string>>(new Set())
  const key = computed(() => list.firstPageKey.value)
  watch(key, () => {
    waiting.value = null
    arrived.value = new Set()
  })
  // Chosen by the reader: another page, or the list read again after something was done.
  watch(cursor, () => (arrived.value = new Set()))

  function change(id: string, to: (row: IssueRow) => IssueRow): boolean {
    const now = page.value
    if (!now?.data.some((row) => row.id === id)) return false
    list.show({ ...now, data: now.data.map((row) => (row.id === id ? to(row) : row)) })
    return true
  }

  function show(next: IssuePage) {
    const known = new Set(page.value?.data.map(({ id }) => id))
    arrived.value = new Set(next.data.flatMap(({ id }) => (known.has(id) ? [] : [id])))
    waiting.value = null
    list.show(next)
  }

  const isPending = () => list.status.value === 'pending' || page.value === null
  async function read() {
    if (isPending()) return
    const asked = key.value
    const shownBefore = page.value
    const next = await list.readFirst().catch(() => null) // the next news, or the reader, asks again
    if (!next || asked !== key.value || isPending()) return
    if (isFree.value || shownBefore?.data.length === 0) return show(next)
    const fresh = new Map(next.data.map((row) => [row.id, row]))
    const now = page.value!
    list.show({ ...now, data: now.data.map((row) => ({ ...row, ...fresh.get(row.id) })) })
    // Of another page only what came since is news: what was before on the first is known to be there.
    const count = cursor.value
      ? next.data.filter(({ id, firstSeen }) => created.has(id) || firstSeen > openedAt).length
      : next.data.filter(({ id }) => !shownBefore?.data.some((row) => row.id === id)).length
    waiting.value = count > 0 ? { key: asked, page: next, count } : null
  }
  const readSoon = useThrottleFn(() => void read(), READ_MS, true)

  const created = new Set<string>()
  const openedAt = new Date().toISOString()
  function heard(answer: LiveAnswer) {
    if (answer.type === 'issue.counts') {
      const known = answer.issues.filter((counts) => change(counts.id, (row) => withCounts(row, counts)))
      const isReordered = list.filters.value.sort !== 'firstSeen'
      if (known.length < answer.issues.length || isReordered) void readSoon()
    } else if (answer.type === 'issue.created') {
      created.add(answer.issueId)
      void readSoon()
    } else if (answer.type === 'issue.updated') {
      const { issue, issueId } = answer
      if (issue) change(issueId, (row) => withState(row, issue))
      void readSoon()
    }
  }
  useLive({ projectId, events: false }, { heard, renewed: () => void readSoon() })

  /** Lets in what waits: on the first page at its top. Elsewhere the way leads there. */
  async function letIn() {
    const now = waiting.value
    waiting.value = null
    if (!now) return
    if (cursor.value) await list.toFirstPage()
    else show(now.page)
  }

  const waitingCount = computed(() => waiting.value?.count ?? 0)
  return { waitingCount, arrived, letIn }
}
