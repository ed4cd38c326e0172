// Every address under /api that no door has: the same words as for an object that is not there.
import { DomainError } from '#server/domain/errors.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'

export default defineEndpoint({
  access: 'public',
  status: 204,
  summary: 'No such address',
  tags: ['about'],
  handler: () => {
    throw new DomainError('not_found', undefined, 'There is nothing at this address')
  },
})
