// GET /api/v1/orgs/{org}/storage
import { orgStorage } from '#server/domain/storage/storage.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/storage.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: orgParams,
  response: schema.orgStorage,
  summary: 'What is stored of an organisation, by project',
  description:
    'Exact, at most two seconds behind. Bytes are compressed payloads, without indexes; the size of the whole database is said to the owner of the installation only.',
  tags: ['organisations'],
  handler: ({ actor, org }) => orgStorage(org, actor.kind === 'user' ? actor.userId : null),
})
