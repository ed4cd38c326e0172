// DELETE /api/v1/orgs/{org}/members/{member}: remove somebody (admins), or leave (everybody, by their own id).
import { removeMember } from '#server/domain/orgs/members.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { memberParams } from '#server/http/params.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'org:admin',
  params: memberParams,
  status: 204,
  summary: 'Remove a member, or leave',
  description:
    'Admins remove others, only owners remove owners; with their own id everybody leaves. Their issues here are unassigned, their invitations and API tokens here end. The last owner stays.',
  tags: ['members'],
  handler: ({ actor, org, params }) => removeMember(actor.userId, org, params.member),
})
