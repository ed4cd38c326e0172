// What the scopes of an API token mean to somebody who chooses them.
import type { Scope } from '#shared/schemas/token'

export const SCOPE_WORDS: Record<Scope, { label: string; description: string }> = {
  'event:read': {
    label: 'Read',
    description: 'Projects, issues, events, statistics and the list of members.',
  },
  'issue:write': {
    label: 'Triage issues',
    description: 'Resolve, archive, assign, merge, discard and delete issues.',
  },
  'project:admin': {
    label: 'Manage projects',
    description: 'Create, change and delete projects, their client keys and settings.',
  },
  'org:admin': {
    label: 'Manage the organisation',
    description: 'Its name, members and invitations; read the audit log.',
  },
}
