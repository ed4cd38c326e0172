import { describe, expect, it } from 'vitest'
import { bodyOf } from '#server/domain/webhooks/body.ts'
import type { ClaimedAlert } from '#server/storage/webhooks/claim-deliveries.ts'
import { webhookBody } from '#shared/schemas/webhook.ts'

const HOSTILE =
  'Oops <!channel> <!here|here> <@U123> <https://evil.example|Sign in> @everyone @here <@&42> [Click](https://evil.example) ' +
  '**bold** _it_ ~~no~~ `code` # head > quote | x \u202Eneve\u0007 javascript:alert(1) www.evil.example https://evil.example/x'
const alert: ClaimedAlert = {
  ...{ id: '5', state: 'active', count: 1, ruleId: 3, trigger: 'new_issue' },
  rule: { name: HOSTILE, threshold: null, windowMinutes: null, perIssue: null, filters: {} },
  cause: { environment: '@everyone', release: '<!channel>', level: 'fatal', issueTitle: HOSTILE },
  ...{ createdAt: '2026-11-28T10:00:00.123+00:00', issueId: '77', issueTitle: HOSTILE },
}
const delivery = {
  ...{ projectId: 7, id: '99' },
  org: { slug: 'acme', name: 'Acme' },
  project: { slug: 'web', name: HOSTILE },
  alert,
}
const URL = 'https://mesher.example/base'
const read = (format: 'mesher' | 'slack' | 'discord', one: Partial<typeof delivery> | { alert: null } = {}) =>
  JSON.parse(bodyOf({ ...delivery, ...one }, format, URL))

describe('bodies of webhooks', () => {
  it('WEBHOOK-02: our own has the alert as the API does, with links', () => {
    const body = read('mesher')
    expect(webhookBody.parse(body)).toEqual(body)
    expect(body).toMatchObject({
      ...{ type: 'alert.created', deliveryId: '99' },
      project: { id: '7', slug: 'web', url: `${URL}/acme/web` },
      alert: {
        ...{ id: '5', createdAt: '2026-11-28T10:00:00.123Z', url: `${URL}/acme/web/issues/77` },
        cause: { environment: '@everyone', level: 'fatal' },
      },
      rule: { id: '3', trigger: { type: 'new_issue' } },
      issue: { id: '77', title: HOSTILE, shortId: 'WEB-25', url: `${URL}/acme/web/issues/77` },
    })
    expect(body.text).toContain('New issue in @everyone: Oops')
    expect(read('mesher', { alert: null })).toMatchObject({
      type: 'test',
      alert: null,
      rule: null,
      issue: null,
    })
  })

  it('WEBHOOK-02: counts, and too many alerts at once, are said in words', () => {
    const counted: ClaimedAlert = {
      ...alert,
      ...{ trigger: 'threshold', issueId: null, issueTitle: null, count: 1_500 },
      rule: { name: 'Many', threshold: 1_000, windowMinutes: 5, perIssue: false, filters: {} },
      cause: { count: 1_200 },
    }
    expect(read('mesher', { alert: counted }).text).toBe('1,200 events in 5 min (more than 1,000)')
    const flood: ClaimedAlert = { ...counted, trigger: 'flood', ruleId: 0, cause: {} }
    expect(read('mesher', { alert: flood, project: { slug: 'web', name: 'Web' } })).toMatchObject({
      ...{ rule: null, issue: null, text: 'Too many alerts at once in Web: more are gathered in the inbox' },
      alert: { url: `${URL}/acme/web/alerts?state=all` },
    })
  })

  it('WEBHOOK-02: in Slack nobody is called, and the only link is ours', () => {
    const { text, blocks, ...rest } = read('slack')
    expect(rest).toEqual({ mrkdwn: false, unfurl_links: false, unfurl_media: false })
    const link = `<${URL}/acme/web/issues/77|Open in Mesher>`
    const [title, small] = blocks
    expect(title.text).toMatchObject({ type: 'plain_text', emoji: false })
    expect(text).toContain(link)
    expect(small.elements[0].text).toContain(link)
    for (const marked of [text, small.elements[0].text]) {
      const said = marked.replace(link, '').replaceAll('\n', ' ')
      expect(said).not.toMatch(/[<>]/)
      expect(said).not.toMatch(/@(?!\u200B)/)
      expect(said).not.toMatch(/:\/\/|www\.e|\u202E|\p{Cc}|\*\*|\]\(/u)
    }
    expect(title.text.text).not.toMatch(/@(?!\u200B)|:\/\/|\u202E/)
    expect(title.text.text).toContain('<!channel>')
  })

  it('WEBHOOK-02: in Discord nobody is called, nothing is markup, and the only link is ours', () => {
    const body = read('discord')
    expect(body.allowed_mentions).toEqual({ parse: [] })
    expect(body).not.toHaveProperty('content')
    const [embed] = body.embeds
    expect(embed).toMatchObject({ url: `${URL}/acme/web/issues/77`, color: 0x991b1b })
    const texts = [
      embed.title,
      embed.description,
      ...embed.fields.map(({ value }: { value: string }) => value),
    ]
    expect(texts.length).toBeGreaterThan(4)
    for (const text of texts) {
      expect(text).not.toMatch(/(?<!\\)[*_~`|<>[\]()#]/)
      expect(text).not.toMatch(/@(?!\u200B)|:\/\/|\u202E|\p{Cc}/u)
    }
  })

  it('WEBHOOK-02: stays within what chats take, whatever the length and the letters', () => {
    for (const piece of ['://', '@', '😀', '<', 'a', '. ', '\ud800']) {
      const long = piece.repeat(20_000)
      const huge = {
        project: { slug: 'web', name: long },
        alert: {
          ...alert,
          issueTitle: long,
          rule: { ...alert.rule, name: long },
          cause: { environment: long },
        },
      }
      const { text, blocks } = read('slack', huge)
      expect(Math.max(text.length, blocks[1].elements[0].text.length)).toBeLessThan(3_000)
      const [embed] = read('discord', huge).embeds
      expect(embed.title.length).toBeLessThanOrEqual(256)
      for (const { value } of embed.fields) expect(value.length).toBeLessThanOrEqual(1_024)
      expect(JSON.stringify(embed).length).toBeLessThan(6_000)
    }
  })
})
