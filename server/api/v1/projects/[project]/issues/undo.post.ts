import { undoChange } from '#server/domain/issues/undo-change.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { undoIssues, undoneIssues } from '#shared/schemas/issue.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: projectParams,
  body: undoIssues,
  response: undoneIssues,
  summary: 'Undo a change of many issues',
  description:
    'By the one who did it, within a day, once. Each issue gets its own state of before again; those that changed since ' +
    'are left as they are and listed in `skipped`. Repeat with `nextCursor` until it is null.',
  tags: ['Issues'],
  handler: ({ project, body, actor }) => undoChange(project, body, actor.userId),
})
