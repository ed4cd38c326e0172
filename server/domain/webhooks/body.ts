// The body of a delivery in the form its webhook asks for. In: what the queue handed out; out: JSON text. What comes
// from payloads is cut and made harmless for chats; in our own format it is data, as it is everywhere in the API.
import type { ClaimedAlert, ClaimedDelivery } from '#server/storage/webhooks/claim-deliveries.ts'
import type { AlertTrigger } from '#shared/schemas/alert.ts'
import { webhookBody, type WebhookBody, type WebhookFormat } from '#shared/schemas/webhook.ts'
import { triggerOf } from '../alerts/trigger.ts'
import { shortIdOf } from '../issues/short-id.ts'
import { discordText, plainLine, slackText } from './harmless.ts'

type Told = Pick<ClaimedDelivery, 'projectId' | 'id' | 'org' | 'project' | 'alert'>

/** @param publicUrl without a trailing slash */
export function bodyOf(delivery: Told, format: WebhookFormat, publicUrl: string): string {
  const body = ownBody(delivery, publicUrl)
  const shaped = {
    mesher: () => webhookBody.parse(body),
    slack: () => slackBody(body),
    discord: () => discordBody(body),
  }
  return JSON.stringify(shaped[format]())
}

function ownBody({ projectId, id, org, project, alert }: Told, publicUrl: string): WebhookBody {
  const base = `${publicUrl}/${org.slug}/${project.slug}`
  const rule = alert && ruleOf(alert)
  const issue = alert && issueOf(alert, project.slug, base)
  const { issueTitle: _, ...cause } = alert?.cause ?? {}
  const said = { project: project.name, rule, issue, cause, count: alert?.count ?? 0 }
  return {
    type: alert ? 'alert.created' : 'test',
    deliveryId: id,
    organisation: org,
    project: { id: String(projectId), ...project, url: base },
    alert: alert && {
      ...{ id: alert.id, state: alert.state, count: alert.count, cause },
      createdAt: new Date(alert.createdAt).toISOString(),
      url: issue?.url ?? `${base}/alerts?state=all`,
    },
    rule,
    issue,
    text: alert ? whatHappened(said) : `This is a test from ${project.name}. Alerts will arrive like this.`,
  }
}

const ruleOf = ({ ruleId, trigger, rule }: ClaimedAlert): WebhookBody['rule'] =>
  trigger === 'flood'
    ? null
    : {
        id: String(ruleId),
        name: rule.name,
        trigger: triggerOf({ ...rule, trigger }),
        filters: rule.filters,
      }

const issueOf = ({ issueId, issueTitle }: ClaimedAlert, slug: string, base: string): WebhookBody['issue'] =>
  issueId === null
    ? null
    : {
        id: issueId,
        shortId: shortIdOf(slug, issueId),
        title: issueTitle ?? '',
        url: `${base}/issues/${issueId}`,
      }

interface Said extends Pick<WebhookBody, 'rule' | 'issue'> {
  project: string
  cause: { count?: number; environment?: string; release?: string | null }
  count: number
}

const NEWS: Record<Exclude<AlertTrigger['type'], 'threshold' | 'users'>, string> = {
  new_issue: 'New issue',
  regression: 'A resolved issue came back',
  escalation: 'An archived issue escalates',
}

/** "New issue in production: Payment failed". */
function whatHappened(said: Said): string {
  const { rule, issue, cause } = said
  const where = cause.environment ? ` in ${cause.environment}` : ''
  const what = `${headline(said)}${rule ? where : ''}`
  return issue?.title ? `${what}: ${issue.title}` : what
}

function headline({ rule, cause, count, project }: Said): string {
  if (!rule) return `Too many alerts at once in ${project}: more are gathered in the inbox`
  const { trigger } = rule
  if (trigger.type !== 'threshold' && trigger.type !== 'users') return NEWS[trigger.type]
  const noun = trigger.type === 'users' ? 'users' : 'events'
  const n = (cause.count ?? count).toLocaleString('en')
  return `${n} ${noun} in ${trigger.minutes} min (more than ${trigger.count.toLocaleString('en')})`
}

const TITLE_LENGTH = 200
const NAME_LENGTH = 80

/** Label and value of the small print. */
function facts({ project, rule, issue, alert }: WebhookBody): [string, string][] {
  const { environment, release, level } = alert?.cause ?? {}
  return [
    ['Project', project.name],
    ...(rule ? [['Rule', rule.name] as [string, string]] : []),
    ...(issue ? [['Issue', issue.shortId] as [string, string]] : []),
    ...(level ? [['Level', level] as [string, string]] : []),
    ...(environment ? [['Environment', environment] as [string, string]] : []),
    ...(release ? [['Release', release] as [string, string]] : []),
  ]
}

const linkOf = ({ alert, project }: WebhookBody): string => alert?.url ?? `${project.url}/alerts/webhooks`

/** `text` alone says everything: Slack's look-alikes know no blocks. */
function slackBody(body: WebhookBody): object {
  const title = slackText(body.text, TITLE_LENGTH)
  const small = facts(body)
    .map(([label, value]) => `${label}: ${slackText(value, NAME_LENGTH)}`)
    .join(' · ')
  // Made of slugs and ids: nothing in it can end the link.
  const link = `<${linkOf(body)}|Open in Mesher>`
  return {
    text: [title, small, link].join('\n'),
    blocks: [
      {
        type: 'section',
        text: { type: 'plain_text', emoji: false, text: unescaped(title) },
      },
      { type: 'context', elements: [{ type: 'mrkdwn', verbatim: true, text: `${small} · ${link}` }] },
    ],
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
  }
}

/** Slack shows plain text as it stands. */
const unescaped = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

const COLOURS: Record<string, number> = {
  fatal: 0x991b1b,
  error: 0xdc2626,
  warning: 0xd97706,
  info: 0x2563eb,
  debug: 0x737373,
}

function discordBody(body: WebhookBody): object {
  const level = body.alert?.cause.level
  return {
    username: 'Mesher',
    // Nobody is called, whatever a text looks like.
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: discordText(body.text, TITLE_LENGTH / 2),
        url: linkOf(body),
        color: COLOURS[level ?? 'error'],
        description:
          plainLine(body.text, TITLE_LENGTH) === plainLine(body.text, TITLE_LENGTH / 2)
            ? undefined
            : discordText(body.text, TITLE_LENGTH),
        fields: facts(body).map(([name, value]) => ({
          ...{ name, inline: true },
          value: discordText(value, NAME_LENGTH),
        })),
        ...(body.alert ? { timestamp: body.alert.createdAt } : {}),
      },
    ],
  }
}
