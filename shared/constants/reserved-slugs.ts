// Short names that would hide an address of Mesher's own: an organisation is the first part of a page's address, a
// project the second. Whoever asks for one is told it is taken.

export const RESERVED_ORG_SLUGS: readonly string[] = [
  'account',
  'admin',
  'alerts',
  'api',
  'assets',
  'docs',
  'health',
  'invitation',
  'invitations',
  'invite',
  'live',
  'me',
  'new',
  'orgs',
  'projects',
  'public',
  'settings',
  'setup',
  'sign-in',
  'sign-out',
  'sign-up',
  'static',
  'system',
]

export const RESERVED_PROJECT_SLUGS: readonly string[] = [
  'alerts',
  'audit',
  'invitations',
  'issues',
  'live',
  'members',
  'new',
  'projects',
  'settings',
  'tokens',
  'views',
]
