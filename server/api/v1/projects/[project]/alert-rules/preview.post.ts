// POST /api/v1/projects/{project}/alert-rules/preview
import { previewRule } from '#server/domain/alerts/preview-rule.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/alert.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  body: schema.previewAlertRule,
  response: schema.alertPreview,
  summary: 'Try an alert rule on the last 24 hours',
  description:
    'How often it would have fired and when, as if each alert were resolved at once. Stores nothing. Looks at counts where no filter asks for more, else at stored events, at most 20,000 and for 1.5 s; `searchedBackTo` says how far back it came.',
  tags: ['alerts'],
  handler: ({ project, body }) => previewRule(project, body),
})
