// Every address under /api that no door has: the same words as for an object that is not there. An address that has a
// door, but not for this method, is told so.
import { setResponseHeader } from 'h3'
import { DomainError } from '#server/domain/errors.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { methodsAt } from '#server/http/list-doors.ts'

export default defineEndpoint({
  access: 'public',
  status: 204,
  summary: 'No such address',
  tags: ['about'],
  handler: ({ event }) => {
    const methods = methodsAt(event.path)
    if (methods.length === 0)
      throw new DomainError('not_found', undefined, 'There is nothing at this address')
    setResponseHeader(event, 'allow', methods.join(', '))
    throw new DomainError('method_not_allowed')
  },
})
