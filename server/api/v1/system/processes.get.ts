// The supervision tree of one server process with its mailbox, for the installation's owner: of the one that answers, or
// with `server` of any that shares its port.
import { DomainError } from '#server/domain/errors.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { ownProcesses } from '#server/system/own-state.ts'
import { askSiblings } from '#server/system/siblings.ts'
import { systemProcesses } from '#shared/schemas/system.ts'
import { ofServer } from '#shared/schemas/system-status.ts'

export default defineEndpoint({
  access: 'installation-owner',
  summary: 'The processes of this node',
  tags: ['System'],
  query: ofServer,
  response: systemProcesses,
  async handler({ query: { server } }) {
    const found =
      server === undefined
        ? ownProcesses()
        : (await askSiblings('processes')).find(({ index }) => index === server)?.value
    if (found === undefined) throw new DomainError('not_found')
    const known = systemProcesses.nullable().catch(null).parse(found)
    if (!known) throw new DomainError('unavailable', { retryAfterSeconds: 2 })
    return known
  },
})
