// Ready for traffic: every process of the tree runs, and what is sent would be kept: by PostgreSQL, or by the spool while
// it is away, for a load balancer must go on sending then. 503 otherwise.
import { z } from 'zod'
import { isReady } from '#server/domain/system/is-ready.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { DomainError } from '#server/domain/errors.ts'
import { findNodeState } from '#server/system/node-state.ts'

export default defineEndpoint({
  access: 'public',
  summary: 'Whether the node can take traffic',
  tags: ['System'],
  response: z.object({ ok: z.literal(true) }),
  async handler() {
    const state = findNodeState()
    if (!state?.running() || !(state.keeps() || (await isReady())))
      throw new DomainError('unavailable', { retryAfterSeconds: 1 }, 'Not ready')
    return { ok: true as const }
  },
})
