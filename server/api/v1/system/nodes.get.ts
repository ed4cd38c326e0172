// The nodes that share the database, as the one that answers sees them, for the installation's owner.
import { DomainError } from '#server/domain/errors.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { findNodeState } from '#server/system/node-state.ts'
import { systemNodes } from '#shared/schemas/system.ts'

export default defineEndpoint({
  access: 'installation-owner',
  summary: 'The nodes of this installation',
  tags: ['System'],
  response: systemNodes,
  handler() {
    const state = findNodeState()
    if (!state) throw new DomainError('unavailable')
    return state.nodes()
  },
})
