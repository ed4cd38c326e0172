// Which API token does what is done right now: every audit line written meanwhile names it. Carried beside the call
// and not through it, so that no action can forget to hand it on.
import { AsyncLocalStorage } from 'node:async_hooks'

export interface ActingToken {
  name: string
}

const acting = new AsyncLocalStorage<ActingToken>()

export const asToken = <T>(token: ActingToken, fn: () => T): T => acting.run(token, fn)

export const actingToken = (): ActingToken | undefined => acting.getStore()
