// GET /api/v1/me: who am I, and where may I go.
import { isInstallationOwner } from '#server/domain/accounts/installation.ts'
import { orgsOf } from '#server/domain/orgs/orgs.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { me } from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'session',
  response: me,
  summary: 'The signed-in person and the organisations of theirs',
  tags: ['accounts'],
  handler: async ({ actor }) => {
    const [orgs, installationOwner] = await Promise.all([
      orgsOf(actor.userId),
      isInstallationOwner(actor.userId),
    ])
    return { id: actor.userId, name: actor.name, email: actor.email, installationOwner, orgs }
  },
})
