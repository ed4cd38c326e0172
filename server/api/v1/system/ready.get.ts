// Ready for traffic: every process of the tree runs, and what is sent would be kept: by PostgreSQL (it answers, is
// migrated, has its partitions and room on the disk), or by the spool while it is away, for a load balancer must go on
// sending then. 503 otherwise. Which part it is, the System page says (server/processes/health.ts).
import { z } from 'zod'
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
    if (!state?.running() || !(await state.health()).ready)
      throw new DomainError('unavailable', { retryAfterSeconds: 1 }, 'Not ready')
    return { ok: true as const }
  },
})
