// What the outbox says of an alert, for rows of `alert a`: enough to show it and to tell whether it is new, without
// asking again.

export const ALERT_NEWS = `jsonb_build_object(
  'alertId', a.alert_id::text, 'ruleId', nullif(a.rule_id, 0)::text, 'rule', a.rule ->> 'name', 'trigger', a.trigger,
  'state', a.state, 'issueId', nullif(a.issue_id, 0)::text, 'issueTitle', a.cause ->> 'issueTitle', 'count', a.count,
  'threshold', a.rule -> 'threshold', 'windowMinutes', a.rule -> 'windowMinutes', 'createdAt', a.created_at,
  'lastAt', a.last_at)`
