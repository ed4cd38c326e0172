// The supervision tree of the node that answers, with its mailbox, for the installation's owner.
import { DomainError } from '#server/domain/errors.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { findNodeState } from '#server/system/node-state.ts'
import { systemProcesses } from '#shared/schemas/system.ts'

export default defineEndpoint({
  access: 'installation-owner',
  summary: 'The processes of this node',
  tags: ['System'],
  response: systemProcesses,
  handler() {
    const state = findNodeState()
    if (!state) throw new DomainError('unavailable')
    return {
      node: { pid: process.pid, version: state.version, startedAt: state.startedAt.toISOString() },
      tree: state.tree(),
      intake: state.intake(),
      spool: state.spool(),
      counters: state.counters(),
    }
  },
})
