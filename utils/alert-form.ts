// The form of an alert rule: what its inputs hold, and the rule that stands in them or what is wrong with it, by input.
import type { FormError } from '@nuxt/ui'
import type { Level } from '#shared/constants/levels.ts'
import { parseQuery } from '#shared/query/parse.ts'
import {
  createAlertRule,
  DEFAULT_COOLDOWN_MINUTES,
  type AlertRule,
  type AlertTriggerType,
  type CreateAlertRule,
} from '#shared/schemas/alert.ts'

export interface AlertFormState {
  name: string
  type: AlertTriggerType
  count: string
  minutes: string
  per: 'issue' | 'project'
  level: Level[]
  environment: string[]
  release: string[]
  /** "key=value" each. */
  tags: string[]
  query: string
  cooldownMinutes: string
  webhookIds: string[]
}

export const emptyForm = (): AlertFormState => ({
  name: '',
  type: 'new_issue',
  count: '100',
  minutes: '10',
  per: 'project',
  level: [],
  environment: [],
  release: [],
  tags: [],
  query: '',
  cooldownMinutes: String(DEFAULT_COOLDOWN_MINUTES),
  webhookIds: [],
})

export function formOf(
  rule: Pick<AlertRule, 'name' | 'trigger' | 'filters' | 'cooldownMinutes' | 'webhookIds'>,
): AlertFormState {
  const { trigger, filters } = rule
  const counting =
    trigger.type === 'threshold' || trigger.type === 'users'
      ? { count: String(trigger.count), minutes: String(trigger.minutes), per: trigger.per }
      : {}
  return {
    ...emptyForm(),
    ...counting,
    name: rule.name,
    type: trigger.type,
    level: [...(filters.level ?? [])],
    environment: [...(filters.environment ?? [])],
    release: [...(filters.release ?? [])],
    tags: Object.entries(filters.tags ?? {}).map(([key, value]) => `${key}=${value}`),
    query: filters.query ?? '',
    cooldownMinutes: String(rule.cooldownMinutes),
    webhookIds: [...rule.webhookIds],
  }
}

/** Not a number stays not one, so that the schema says so. */
const numberOf = (text: string) => (text.trim() === '' ? Number.NaN : Number(text))

const isCounting = (type: AlertTriggerType): type is 'threshold' | 'users' =>
  type === 'threshold' || type === 'users'

/** The schema's places by the inputs that stand for them. */
const inputOf = (path: readonly PropertyKey[]) => {
  const [first, second] = path.map(String)
  return first === 'trigger' || first === 'filters' ? (second ?? first) : first
}

export function readForm(state: AlertFormState): { rule: CreateAlertRule | null; errors: FormError[] } {
  const { type, per } = state
  const errors: FormError[] = []
  const tags: Record<string, string> = {}
  for (const tag of state.tags) {
    const at = tag.indexOf('=')
    if (at < 1) errors.push({ name: 'tags', message: `Write “${tag}” as key=value.` })
    else tags[tag.slice(0, at).trim()] = tag.slice(at + 1).trim()
  }
  const mistake = parseQuery(state.query, 'events').mistakes[0]
  if (mistake) errors.push({ name: 'query', message: mistake.message })
  const some = <T>(list: readonly T[]) => (list.length ? [...list] : undefined)
  const read = createAlertRule.safeParse({
    name: state.name,
    trigger: isCounting(type)
      ? { type, count: numberOf(state.count), minutes: numberOf(state.minutes), per }
      : { type },
    filters: {
      level: some(state.level),
      environment: some(state.environment),
      release: some(state.release),
      tags: Object.keys(tags).length ? tags : undefined,
      query: state.query.trim() || undefined,
    },
    cooldownMinutes: numberOf(state.cooldownMinutes),
    webhookIds: state.webhookIds,
  })
  if (!read.success)
    errors.push(...read.error.issues.map(({ path, message }) => ({ name: inputOf(path) ?? '', message })))
  return { rule: errors.length || !read.success ? null : read.data, errors }
}
