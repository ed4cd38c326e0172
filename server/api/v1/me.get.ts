// GET /api/v1/me: who am I, and where may I go.
import { describeMe } from '#server/domain/accounts/profile.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { me } from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'session',
  response: me,
  summary: 'The signed-in person and the organisations of theirs',
  tags: ['accounts'],
  handler: ({ actor }) => describeMe({ ...actor, id: actor.userId }),
})
