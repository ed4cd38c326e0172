import { tagStats } from '#server/domain/dashboard/tags.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { tagStats as tagStatsSchema, tagStatsQuery } from '#shared/schemas/stats.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: tagStatsQuery,
  response: tagStatsSchema,
  summary: 'How tags are distributed',
  description:
    'Of the newest 2,500 stored events of the range, each counted by its weight: the 20 commonest keys with their 20 commonest values, or one `key`. `lookedBackTo` is null when the range held no more.',
  tags: ['Statistics'],
  handler: ({ project, query }) => tagStats(project.id, query),
})
