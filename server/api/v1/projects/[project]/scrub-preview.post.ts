// POST /api/v1/projects/{project}/scrub-preview
import { previewScrubbing } from '#server/domain/projects/preview-scrubbing.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { MAX_EVENT_BYTES } from '#shared/constants/limits.ts'
import { scrubPreview, scrubPreviewRequest } from '#shared/schemas/scrub-preview.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  body: scrubPreviewRequest,
  maxBodyBytes: MAX_EVENT_BYTES,
  response: scrubPreview,
  summary: 'Try scrubbing settings on an event',
  description:
    'Runs the normaliser and the scrubber with the settings given on a stored event (the newest without `eventId`) or on pasted JSON. Stores nothing. A body has at most 1 MiB.',
  tags: ['projects'],
  handler: ({ project, body }) => previewScrubbing(project.id, body),
})
