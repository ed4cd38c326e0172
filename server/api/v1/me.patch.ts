// PATCH /api/v1/me: my name.
import { renameMe } from '#server/domain/accounts/profile.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { updateMe } from '#shared/schemas/account.ts'
import { me } from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'session',
  body: updateMe,
  response: me,
  summary: 'Change the name of the signed-in person',
  tags: ['accounts'],
  handler: ({ actor, body }) => renameMe({ ...actor, id: actor.userId }, body.name),
})
