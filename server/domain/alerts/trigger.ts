// A rule's trigger as the API says it, and as columns.
import type { AlertTrigger, AlertTriggerType } from '#shared/schemas/alert.ts'

export interface TriggerColumns {
  trigger: AlertTriggerType
  threshold: number | null
  windowMinutes: number | null
  perIssue: boolean | null
}

export function columnsOf(trigger: AlertTrigger): TriggerColumns {
  if (trigger.type !== 'threshold' && trigger.type !== 'users')
    return { trigger: trigger.type, threshold: null, windowMinutes: null, perIssue: null }
  const { type, count, minutes, per } = trigger
  return { trigger: type, threshold: count, windowMinutes: minutes, perIssue: per === 'issue' }
}

export function triggerOf({
  trigger: type,
  threshold,
  windowMinutes,
  perIssue,
}: TriggerColumns): AlertTrigger {
  if (type !== 'threshold' && type !== 'users') return { type }
  // A check of the table: rules that count have all three.
  return { type, count: threshold!, minutes: windowMinutes!, per: perIssue ? 'issue' : 'project' }
}
