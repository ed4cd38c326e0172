import type { Db } from '../database.ts'
import { ALERT_NEWS } from './alert-news.ts'
import { FLOOD_MINUTES } from './fire-alerts.ts'

/**
 * Resolves the alerts of counting rules that had no cause for one window, and roll-ups without a flood, with the news.
 * Any number of nodes may do it at once. Leans on alert_open_idx, a partial index of open alerts.
 * @returns how many; call again while it is not 0
 */
export async function markQuiet(db: Db): Promise<number> {
  const { rowCount } = await db.query({
    name: 'mark-quiet',
    text: `
      with due as materialized (
        select project_id, alert_id from alert
        where state <> 'resolved' and trigger in ('threshold', 'users', 'flood')
          and last_at < now() - make_interval(mins => coalesce((rule ->> 'windowMinutes')::int, ${FLOOD_MINUTES}))
        order by project_id, alert_id limit 500 for no key update skip locked
      ), a as (
        update alert a set state = 'resolved', resolved_at = now(), resolved_reason = 'quiet'
        from due d where a.project_id = d.project_id and a.alert_id = d.alert_id and a.state <> 'resolved'
        returning a.*
      )
      insert into outbox (project_id, kind, issue_id, payload)
      select a.project_id, 'alert.resolved', nullif(a.issue_id, 0), ${ALERT_NEWS} from a`,
  })
  return rowCount ?? 0
}
