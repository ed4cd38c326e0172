// Who owns the work that runs right now: one request, one socket or one process of the tree. An error that surfaces
// without anybody to catch it (`unhandledRejection`) is laid at the door of its scope instead of ending the node
// (design §9). Calls the server makes to itself while rendering a page keep the scope of the visitor's request.
import { AsyncLocalStorage } from 'node:async_hooks'

export interface Scope {
  kind: 'request' | 'socket'
  id: string
  /** Address of the other end of the connection; null when it is not known. */
  peerAddress?: string | null
  /** What it is for, without anything secret: method and path, no query. */
  about?: () => string
  /** Ends that one request or socket, when an error without a catcher is attributed to it. */
  fail?: (error: unknown) => void
}

const scopes = new AsyncLocalStorage<Scope>()

export const runInScope = <T>(scope: Scope, fn: () => T): T => scopes.run(scope, fn)

export const currentScope = (): Scope | undefined => scopes.getStore()
