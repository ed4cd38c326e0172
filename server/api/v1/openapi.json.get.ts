// GET /api/v1/openapi.json: this API, described by its own declarations.
import { z } from 'zod'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { describeApi } from '#server/http/describe-api.ts'

export default defineEndpoint({
  access: 'public',
  response: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
  summary: 'This description, as OpenAPI 3.1',
  tags: ['about'],
  handler: () => describeApi(),
})
