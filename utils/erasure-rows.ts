// What is being removed, as a list to read: projects each for itself, any number of issues as one row.
import type { Erasure } from '#shared/schemas/erasure'

export interface ErasureRow {
  id: string
  label: string
  running: boolean
  events: number
  erased: number
  createdAt: string
}

export function erasureRows(erasures: readonly Erasure[]): ErasureRow[] {
  const issues = erasures.filter(({ kind, finishedAt }) => kind === 'issue' && finishedAt === null)
  const rows = erasures
    .filter(({ kind }) => kind !== 'issue')
    .map(({ id, label, finishedAt, events, erased, createdAt }) => ({
      ...{ id, label, createdAt, running: finishedAt === null },
      ...progressOf([{ events, erased }]),
    }))
  const [first] = issues
  if (!first) return rows
  const label = issues.length === 1 ? first.label : `${issues.length} issues`
  return [{ id: 'issues', label, running: true, createdAt: first.createdAt, ...progressOf(issues) }, ...rows]
}

/** What was not counted yet when it began comes on top: never more than all. */
function progressOf(erasures: readonly { events: number; erased: number }[]) {
  const sum = (pick: (one: { events: number; erased: number }) => number) =>
    erasures.reduce((all, one) => all + pick(one), 0)
  return {
    events: sum(({ events, erased }) => Math.max(events, erased)),
    erased: sum(({ erased }) => erased),
  }
}
