// Lets a supervised process crash, so that tests can see it come back in the built server. Without MESHER_FAULTS=1
// this address does not exist.
import { z } from 'zod'
import { DomainError } from '#server/domain/errors.ts'
import { useConfig } from '#server/domain/settings.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { findNodeState } from '#server/system/node-state.ts'

export default defineEndpoint({
  access: 'installation-owner',
  summary: 'Crash a process (tests only)',
  tags: ['System'],
  body: z.object({ process: z.string().max(64) }),
  status: 204,
  handler({ body }) {
    if (!useConfig().faults || !findNodeState()?.crash(body.process)) throw new DomainError('not_found')
  },
})
