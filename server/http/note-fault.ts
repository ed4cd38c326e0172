// A fault that surfaced in a request or a socket, handed to those who report Mesher's own faults.
import { noteOwnFault } from '#server/system/own-faults.ts'
import { currentScope } from './scope.ts'

export function noteFaultHere(error: unknown): void {
  const scope = currentScope()
  const about = scope?.about?.()
  noteOwnFault({
    kind: scope?.kind ?? 'unattributed',
    error,
    ...(scope ? { requestId: scope.id } : {}),
    ...(about === undefined ? {} : { about }),
  })
}
