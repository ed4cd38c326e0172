import { volume } from '#server/domain/dashboard/volume.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { statsQuery, volume as volumeSchema } from '#shared/schemas/stats.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: statsQuery,
  response: volumeSchema,
  summary: 'Events over time by level',
  description:
    'Quarters of an hour up to 24 hours, hours up to 7 days, days of `timezone` beyond; zero-filled.',
  tags: ['Statistics'],
  handler: ({ project, query }) => volume(project.id, query),
})
