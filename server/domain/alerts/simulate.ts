// How often a rule would have fired over what has already happened. In: what counts, with its time; out: the alerts, as
// if each were resolved by itself, or at once where nothing but a person ends it. Pure; windows are those of
// storage/alerts/count-rule-windows.ts: a minute and the m - 1 before it.
import type { AlertTrigger } from '#shared/schemas/alert.ts'

const MINUTE_MS = 60_000

export interface Hit {
  /** ms since the epoch */
  at: number
  /** Null: the whole project. */
  issueId: string | null
  /** Events it stands for. */
  n: number
  /** Of rules that count users. */
  user?: string | null
}
export interface WouldFire {
  at: number
  issueId: string | null
}

/** @returns oldest first */
export function simulate(trigger: AlertTrigger, cooldownMinutes: number, hits: readonly Hit[]): WouldFire[] {
  const counts = trigger.type === 'threshold' || trigger.type === 'users'
  const lists = Map.groupBy(hits, ({ issueId }) => (counts && trigger.per === 'project' ? null : issueId))
  const quietMs = Math.max(cooldownMinutes, counts ? trigger.minutes : 0) * MINUTE_MS
  return [...lists]
    .flatMap(([issueId, list]) => {
      const causes = counts ? fullMinutes(trigger, list) : list.map(({ at }) => at).sort((a, b) => a - b)
      return causes
        .filter((at, i) => i === 0 || at - causes[i - 1]! >= quietMs)
        .map((at): WouldFire => ({ at, issueId }))
    })
    .sort((a, b) => a.at - b.at)
}

/** Minutes whose window has more than the threshold. */
function fullMinutes(
  { type, count, minutes }: Extract<AlertTrigger, { count: number }>,
  hits: readonly Hit[],
): number[] {
  const byMinute = [...Map.groupBy(hits, ({ at }) => Math.floor(at / MINUTE_MS))].sort(([a], [b]) => a - b)
  let first = 0
  let sum = 0
  const users = new Map<string, number>()
  const add = (list: readonly Hit[], sign: 1 | -1) => {
    for (const { n, user } of list) {
      sum += sign * n
      if (type !== 'users' || !user) continue
      const left = (users.get(user) ?? 0) + sign
      if (left === 0) users.delete(user)
      else users.set(user, left)
    }
  }
  return byMinute.flatMap(([minute, list]) => {
    add(list, 1)
    for (; byMinute[first]![0] <= minute - minutes; first++) add(byMinute[first]![1], -1)
    return (type === 'users' ? users.size : Math.round(sum)) > count ? [minute * MINUTE_MS] : []
  })
}
