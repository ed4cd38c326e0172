// Webhooks and what was sent to them, in words.
import type { Webhook, WebhookDelivery, WebhookFormat } from '#shared/schemas/webhook'
import { formatTimeAgo } from './format-time.ts'
import { visibleLine } from './visible-text.ts'

export const FORMAT_WORDS: Record<WebhookFormat, { label: string; description: string }> = {
  mesher: {
    label: 'Signed JSON',
    description: 'For programs of your own: everything about the alert, signed.',
  },
  slack: {
    label: 'Slack',
    description: 'An incoming webhook of Slack, Mattermost or Rocket.Chat.',
  },
  discord: { label: 'Discord', description: 'A webhook of a Discord channel.' },
}

/** The host and a glimpse of what follows: with chats the rest is the key to the channel. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return visibleLine(url)
  const { protocol, host, pathname, search } = new URL(url)
  const rest = `${pathname}${search}`
  const SHOWN = 8
  return visibleLine(`${protocol}//${host}${rest.length > SHOWN ? `${rest.slice(0, SHOWN)}…` : rest}`)
}

export interface DeliveryWords {
  label: string
  icon: string
  colour: string
}

export function deliveryWords({
  state,
  attempts,
}: Pick<WebhookDelivery, 'state' | 'attempts'>): DeliveryWords {
  if (state === 'delivered')
    return { label: 'Delivered', icon: 'i-lucide-circle-check', colour: 'text-success' }
  if (state === 'failed') return { label: 'Failed', icon: 'i-lucide-circle-x', colour: 'text-error' }
  return attempts === 0
    ? { label: 'Waiting', icon: 'i-lucide-clock', colour: 'text-muted' }
    : { label: 'Trying again', icon: 'i-lucide-refresh-cw', colour: 'text-warning' }
}

/** "Answered 500 after 12 ms: down", or nothing when nothing was tried. */
export function outcomeOf({ statusCode, error, answer, durationMs, state }: WebhookDelivery): string {
  const said = state === 'delivered' && statusCode !== null ? `Answered ${statusCode}` : (error ?? '')
  if (!said) return ''
  const took = statusCode !== null && durationMs !== null ? ` after ${durationMs} ms` : ''
  return `${visibleLine(said)}${took}${answer ? `: ${visibleLine(answer)}` : ''}`
}

export const whatWasSent = ({ kind, alert }: Pick<WebhookDelivery, 'kind' | 'alert'>): string =>
  kind === 'test' ? 'Test' : alert ? visibleLine(alert.title) || 'Untitled' : 'An alert that is deleted'

const MINUTE_MS = 60_000

/** "in 5 min"; within a minute "in a moment", and when it is over too: it is about to be tried. */
export const whenNext = (time: string, now: number): string =>
  Date.parse(time) - now < MINUTE_MS ? 'in a moment' : formatTimeAgo(Date.parse(time), now)

/** "Sends for Checkout, Anything new", shortened; null: no rule names it. */
export function rulesOf({ rules }: Pick<Webhook, 'rules'>): string | null {
  const SHOWN = 3
  if (rules.length === 0) return null
  const names = rules.slice(0, SHOWN).map((name) => `“${visibleLine(name)}”`)
  return rules.length > SHOWN ? `${names.join(', ')} and ${rules.length - SHOWN} more` : names.join(', ')
}
