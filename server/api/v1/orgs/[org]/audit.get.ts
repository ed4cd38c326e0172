// GET /api/v1/orgs/{org}/audit
import { pageAudit } from '#server/domain/orgs/audit.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { auditRow } from '#shared/schemas/audit.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'org:admin',
  params: orgParams,
  query: pageQuery,
  response: pageOf(auditRow),
  summary: 'Read the audit log',
  description: 'Who changed what about the organisation, newest first.',
  tags: ['organisations'],
  handler: ({ org, query }) => pageAudit(org, query),
})
