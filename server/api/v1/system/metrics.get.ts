// The numbers of the node that answers, for Prometheus and its like: docs/metrics.md.
import { z } from 'zod'
import { DomainError } from '#server/domain/errors.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { METRICS_CONTENT_TYPE, scrape } from '#server/system/metrics.ts'

export default defineEndpoint({
  access: 'metrics',
  summary: 'The numbers of this node, for Prometheus',
  tags: ['System'],
  response: z.string(),
  contentType: METRICS_CONTENT_TYPE,
  async handler() {
    const text = await scrape()
    if (text === null) throw new DomainError('unavailable', { retryAfterSeconds: 2 })
    return text
  },
})
