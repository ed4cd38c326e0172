// PATCH /api/v1/orgs/{org}/members/{member}: another role. Owners are the owners' matter.
import { changeRole } from '#server/domain/orgs/members.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { memberParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'org:admin',
  params: memberParams,
  body: schema.updateMember,
  response: schema.member,
  summary: 'Change the role of a member',
  description: 'Only owners make owners or change them; the last owner stays one.',
  tags: ['members'],
  handler: ({ actor, org, params, body }) => changeRole(actor.userId, org, params.member, body.role),
})
