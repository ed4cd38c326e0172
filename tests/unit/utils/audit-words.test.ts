import { describe, expect, it } from 'vitest'
import { auditSentence } from '../../../utils/audit-words.ts'

const nameProject = (id: string) => (id === '7' ? 'Web shop' : undefined)
const say = (action: string, target: string, data: Record<string, unknown> = {}) => {
  const { did, what, more } = auditSentence({ action, target, data }, nameProject)
  return [did, what, ...more].filter(Boolean).join(' | ')
}

describe('a line of the audit log', () => {
  it.each([
    ['org.created', 'org:1', { name: 'Acme', slug: 'acme' }, 'created the organisation | Acme'],
    ['org.updated', 'org:1', { slug: 'acme-2' }, 'changed the organisation | short name: acme-2'],
    ['project.created', 'project:9', { name: 'Old' }, 'created the project | Old'],
    [
      'project.updated',
      'project:7',
      { sampleRate: 0.5, scrub: { enabled: true }, name: 'Shop' },
      'changed the project | Web shop | share of events stored: 0.5 | scrubbing | name: Shop',
    ],
    ['project.updated', 'project:8', { platform: 'node' }, 'changed the project | #8 | platform: node'],
    ['key.created', 'key:7:3', { label: 'Default' }, 'created the client key | Default | of Web shop'],
    ['key.updated', 'key:7:3', { active: false }, 'disabled the client key | #3 | of Web shop'],
    ['key.updated', 'key:7:3', { active: true, token: 'CI' }, 'enabled the client key | #3 | of Web shop'],
    [
      'key.updated',
      'key:8:3',
      { label: 'New', rateLimitPerMinute: null },
      'changed the client key | New | label: New | events a minute: none',
    ],
    [
      'token.created',
      'token:4',
      { name: 'CI', hint: 'msh_abcd', scopes: ['event:read', 'org:admin'], expiresInDays: 7 },
      'made the API token | CI | Read | Manage the organisation | for 7 days',
    ],
    [
      'token.created',
      'token:4',
      { name: 'CI', scopes: ['x:y'], expiresInDays: null },
      'made the API token | CI | x:y | without an end',
    ],
    ['token.deleted', 'token:4', { name: 'CI', hint: 'msh_abcd' }, 'revoked the API token | CI'],
  ])('%s of %s', (action, target, data, said) => {
    expect(say(action, target, data)).toBe(said)
  })

  it.each([
    ['org.transferred', 'user:u1', { name: 'Bob', from: 'admin' }, 'handed the organisation over to | Bob'],
    [
      'member.updated',
      'user:u1',
      { name: 'Bob', from: 'member', to: 'admin' },
      'changed the role of | Bob | member → admin',
    ],
    [
      'member.removed',
      'user:u1',
      { name: 'Bob', role: 'admin', unassigned: 3 },
      'removed the member | Bob | as admin',
    ],
    ['member.left', 'user:u1', { name: 'Bob', role: 'member' }, 'left the organisation | as member'],
    [
      'invitation.created',
      'invitation:3',
      { role: 'admin', note: 'for Bob' },
      'invited somebody | for Bob | as admin',
    ],
    [
      'invitation.accepted',
      'invitation:3',
      { role: 'admin', inviterId: 'u2' },
      'accepted the invitation | #3 | as admin',
    ],
  ])('%s is about people', (action, target, data, said) => {
    expect(say(action, target, data)).toBe(said)
  })

  it.each([
    ['project.deleted', 'project:3', { name: 'Old', slug: 'old' }, 'deleted the project | Old'],
    ['key.rotated', 'key:7:3', { label: 'Main', newKey: '9' }, 'rotated the client key | Main | of Web shop'],
    ['invitation.revoked', 'invitation:3', {}, 'revoked the invitation | #3'],
    [
      'rule.switched_off',
      'rule:3',
      { name: 'Spikes', reason: 'noise' },
      'switched off the rule | Spikes | reason: noise',
    ],
    ['odd', 'odd', {}, 'odd'],
  ])('%s, which it has no words for, is read by its form', (action, target, data, said) => {
    expect(say(action, target, data)).toBe(said)
  })

  it('keeps long and nested values out of the line', () => {
    const said = say('org.updated', 'org:1', { name: 'x'.repeat(500), deep: { a: 1 } })
    expect(said).toBe(`changed the organisation | name: ${'x'.repeat(60)}… | deep`)
  })
})
