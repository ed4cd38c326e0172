// What is done to rows of the issue list. Rows leave at once, and come back with the reason when the server refuses; the
// list is read again after every answer, so that what stands there is true. One row goes with its version (and its
// conflict is told, see useIssueChange); several, or all that match the search, go as one operation in steps, with
// progress and an undo that names what it had to leave alone.
import type { UpdatedIssues, Issue, IssueRow, UndoneIssues } from '#shared/schemas/issue'
import type { Ref } from 'vue'
import { useEventListener } from '@vueuse/core'
import { problemOf, useApi } from '~/composables/useApi'
import { UNDO_MS, useIssueChange } from '~/composables/useIssueChange'
import { BulkInterrupted, runBulk, runUndo, type BulkProgress } from '~/utils/bulk-steps'
import { statusAfter, type IssueChange } from '~/utils/issue-change'
import { actionWord, doingWord, doneSentence, issuesWords, skippedSentence } from '~/utils/issue-words'

/** The rows, or null: all that match what the list asks for. */
export type Target = readonly IssueRow[] | null
export type Deed = IssueChange | { discard: true } | { delete: true }

interface Options {
  projectId: string
  orgSlug: string
  rows: Ref<readonly IssueRow[]>
  /** What the list is asked for, without its page. */
  query: Ref<Record<string, string | undefined>>
  /** Whether the list loses a row by this. */
  loses: (row: IssueRow, change: IssueChange) => boolean
  refresh: () => Promise<unknown>
}

const isChange = (deed: Deed): deed is IssueChange => !('discard' in deed) && !('delete' in deed)
const wordsOf = (deed: Deed) =>
  isChange(deed)
    ? { again: actionWord(deed), doing: doingWord(deed) }
    : 'discard' in deed
      ? { again: 'Discard', doing: 'Discarding', done: 'Discarded' }
      : { again: 'Delete', doing: 'Deleting', done: 'Deleted' }

export function useTriage({ projectId, orgSlug, rows, query, loses, refresh }: Options) {
  const api = useApi()
  const toast = useToast()
  const { change: changeOne, words, forgetOldNumbers } = useIssueChange(projectId, orgSlug)
  const path = `/projects/${projectId}/issues`

  const gone = ref<ReadonlySet<string>>(new Set())
  const assigned = ref<ReadonlyMap<string, Issue['assignee']>>(new Map())
  /** Why a row that left came back, by its id. */
  const reasons = ref<ReadonlyMap<string, string>>(new Map())
  const progress = ref<(BulkProgress & { doing: string }) | null>(null)
  const stopping = ref(false)

  const shown = computed(() =>
    rows.value
      .filter(({ id }) => !gone.value.has(id))
      .map((row) => (assigned.value.has(row.id) ? { ...row, assignee: assigned.value.get(row.id)! } : row)),
  )

  function showAtOnce(target: readonly IssueRow[], deed: Deed) {
    reasons.value = new Map()
    const leaving = target.filter((row) => !isChange(deed) || loses(row, deed)).map(({ id }) => id)
    gone.value = new Set([...gone.value, ...leaving])
    if (isChange(deed) && deed.assigneeId !== undefined) {
      const to = deed.assigneeId
      const person = to === null ? null : { id: to, name: words().nameOf(to) ?? '?' }
      assigned.value = new Map([...assigned.value, ...target.map(({ id }) => [id, person] as const)])
    }
  }
  function forget() {
    gone.value = new Set()
    assigned.value = new Map()
  }
  /** The list as it is; only then are the guesses taken away. */
  async function readAgain() {
    forgetOldNumbers()
    await refresh()
    forget()
  }
  function comeBack(target: readonly IssueRow[], why: string) {
    forget()
    reasons.value = new Map(target.map(({ id }) => [id, why]))
  }

  async function run(target: Target, deed: Deed): Promise<void> {
    if (progress.value || (target && !target.length)) return
    const [one, ...more] = target ?? []
    showAtOnce(target ?? rows.value, deed)
    if (one && !more.length && isChange(deed)) {
      await changeOne(one, deed, {
        applied: readAgain,
        refused: async (why, current) => {
          comeBack([one], why)
          if (current) await refresh()
        },
      })
      // Nothing was to be changed: it was so already.
      forget()
      return
    }
    await runSteps(target, deed)
  }

  async function runSteps(target: Target, deed: Deed): Promise<void> {
    const { again, doing } = wordsOf(deed)
    const scope = target ? { ids: target.map(({ id }) => id) } : { query: query.value }
    stopping.value = false
    progress.value = {
      ...{ doing, operationId: '', changed: 0, unchanged: 0, stopped: false },
      total: target ? target.length : null,
    }
    try {
      const done = await runBulk({
        send: (next) =>
          api<UpdatedIssues>(path, { method: 'PATCH', body: { ...scope, ...next, change: deed } }),
        onProgress: (now) => (progress.value = { ...now, doing, total: now.total ?? target?.length ?? null }),
        isStopped: () => stopping.value,
      })
      await readAgain()
      tellDone(deed, done)
    } catch (error) {
      const { done, cause } = error instanceof BulkInterrupted ? error : { done: null, cause: error }
      const problem = problemOf(cause)
      comeBack(target ?? rows.value, problem.message)
      // Part of it may be done: what stands here must say so, if anybody can be asked.
      if (problem.status) await refresh()
      toast.add({
        title: done ? `Stopped after ${issuesWords(done.changed)}` : 'Nothing was changed',
        description: `${problem.message}${done ? ' What was done before stays done.' : ''}`,
        icon: 'i-lucide-circle-x',
        color: 'error',
        actions: [
          {
            label: `${again} again`,
            color: 'neutral',
            variant: 'outline',
            onClick: () => void run(target, deed),
          },
          ...(done && isChange(deed) ? [undoAction(done.operationId)] : []),
        ],
      })
    } finally {
      progress.value = null
    }
  }

  const undoAction = (operationId: string) => ({
    label: 'Undo',
    icon: 'i-lucide-undo-2',
    color: 'neutral' as const,
    variant: 'outline' as const,
    onClick: () => void undo(operationId),
  })

  function tellDone(deed: Deed, done: BulkProgress) {
    const what = issuesWords(done.changed)
    const title = isChange(deed) ? doneSentence(deed, what, words()) : `${wordsOf(deed).done} ${what}`
    const already = done.unchanged
      ? `${issuesWords(done.unchanged)} ${done.unchanged === 1 ? 'was' : 'were'} so already.`
      : ''
    toast.add({
      title: done.changed ? title : 'Nothing to change',
      description:
        [done.stopped ? 'Stopped before the rest.' : '', already].filter(Boolean).join(' ') || undefined,
      icon: isChange(deed) && statusAfter(deed) === 'archived' ? 'i-lucide-archive' : 'i-lucide-circle-check',
      color: 'success',
      duration: UNDO_MS,
      actions: isChange(deed) && done.changed ? [undoAction(done.operationId)] : [],
    })
  }

  async function undo(operationId: string) {
    try {
      const { restored, skipped } = await runUndo((next) =>
        api<UndoneIssues>(`${path}/undo`, { method: 'POST', body: { operationId, ...next } }),
      )
      toast.add({
        title: `Undone: ${issuesWords(restored)} ${restored === 1 ? 'is' : 'are'} as before`,
        description: skippedSentence(skipped),
        icon: skipped.length ? 'i-lucide-triangle-alert' : 'i-lucide-undo-2',
        color: skipped.length ? 'warning' : 'success',
        // Names are to be read.
        duration: skipped.length ? 12_000 : undefined,
      })
    } catch (error) {
      toast.add({
        title: 'Not undone',
        description: problemOf(error).message,
        icon: 'i-lucide-circle-x',
        color: 'error',
      })
    }
    await readAgain()
  }

  // Steps are asked for from here: a closed tab ends them half-way.
  useEventListener('beforeunload', (event) => progress.value && event.preventDefault())

  return { shown, reasons, progress, stopping, run }
}
