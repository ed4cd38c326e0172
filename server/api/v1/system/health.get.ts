// The process lives and answers. Says nothing else: it is open to everyone.
import { z } from 'zod'
import { defineEndpoint } from '#server/http/define-endpoint.ts'

export default defineEndpoint({
  access: 'public',
  summary: 'Whether the process lives',
  tags: ['System'],
  response: z.object({ ok: z.literal(true) }),
  handler: () => ({ ok: true as const }),
})
