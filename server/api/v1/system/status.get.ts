// Whether this node is ready and why (not), its machine, and each server process on it, for the installation's owner.
import { DomainError } from '#server/domain/errors.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { findNodeState } from '#server/system/node-state.ts'
import { readSystemStatus } from '#server/system/own-state.ts'
import { systemStatus } from '#shared/schemas/system-status.ts'

export default defineEndpoint({
  access: 'installation-owner',
  summary: 'Readiness, machine and server processes',
  tags: ['System'],
  response: systemStatus,
  handler() {
    const state = findNodeState()
    if (!state) throw new DomainError('unavailable', { retryAfterSeconds: 2 })
    return readSystemStatus(state)
  },
})
