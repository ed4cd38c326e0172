// The exceptions of an event in the order one reads them: what was thrown first, then what caused it.
// On the wire they come oldest cause first. SDKs that know better say who is whose child (exception_id, parent_id);
// an exception group is then shown with its members beneath it.
import type { Exception } from '#shared/schemas/event'

export interface ExceptionStep {
  exception: Exception
  /** Its place in the payload. */
  index: number
  /** How it belongs to the one it follows, in words; null for what was thrown. */
  relation: string | null
  /** Depth below exception groups: a plain chain of causes stays at 0. */
  depth: number
}

const CAUSES = /^(cause|__cause__|__suppressed_context__|InnerException|getCause\(\))$/i

function relationOf(exception: Exception): string {
  const source = exception.mechanism?.source
  if (!source || CAUSES.test(source)) return 'Caused by'
  if (source === '__context__') return 'Raised while handling'
  return /^\w{1,40}\[\d{1,4}\]$/.test(source) ? `In the group, ${source}` : 'Caused by'
}

export function exceptionSequence(exceptions: readonly Exception[]): ExceptionStep[] {
  const newestFirst = exceptions.map((exception, index) => ({ exception, index })).reverse()
  const ids = newestFirst.map(({ exception }) => exception.mechanism?.exceptionId)
  const isTree = ids.every((id) => id !== undefined) && new Set(ids).size === ids.length
  if (!isTree || exceptions.length < 2) {
    return newestFirst.map((step, place) => ({
      ...step,
      relation: place === 0 ? null : relationOf(step.exception),
      depth: 0,
    }))
  }
  return walkTree(newestFirst)
}

function walkTree(newestFirst: { exception: Exception; index: number }[]): ExceptionStep[] {
  const children = new Map<number | undefined, typeof newestFirst>()
  const known = new Set(newestFirst.map(({ exception }) => exception.mechanism?.exceptionId))
  for (const item of newestFirst) {
    const { parentId, exceptionId } = item.exception.mechanism ?? {}
    const parent =
      parentId !== undefined && parentId !== exceptionId && known.has(parentId) ? parentId : undefined
    children.set(parent, [...(children.get(parent) ?? []), item])
  }
  const steps: ExceptionStep[] = []
  const seen = new Set<number>()
  const visit = (item: (typeof newestFirst)[number], depth: number, isRoot: boolean) => {
    if (seen.has(item.index)) return
    seen.add(item.index)
    steps.push({ ...item, relation: isRoot ? null : relationOf(item.exception), depth })
    const isGroup = item.exception.mechanism?.isExceptionGroup === true
    const below = children.get(item.exception.mechanism?.exceptionId) ?? []
    below
      .toSorted(
        (a, b) => (a.exception.mechanism?.exceptionId ?? 0) - (b.exception.mechanism?.exceptionId ?? 0),
      )
      .forEach((child) => visit(child, isGroup ? Math.min(depth + 1, 4) : depth, false))
  }
  ;(children.get(undefined) ?? []).forEach((item) => visit(item, 0, steps.length === 0))
  // A ring of parents has no beginning: whatever was not reached is still shown.
  newestFirst.forEach((item) => visit(item, 0, steps.length === 0))
  return steps
}
