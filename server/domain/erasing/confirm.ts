// Typed confirmation: whoever deletes writes down the short name of what goes.
import { DomainError } from '../errors.ts'

export function assertConfirmed(confirm: string, slug: string): void {
  if (confirm === slug) return
  throw new DomainError('validation_failed', {
    problems: [{ path: 'confirm', message: `Type ${slug} to confirm.` }],
  })
}
