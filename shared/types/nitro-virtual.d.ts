// The framework's virtual modules that our own entry and the list of doors read; it ships no types for them.
declare module '#nitro-internal-pollyfills'
declare module '#nitro-internal-virtual/server-handlers' {
  import type { EventHandler } from 'h3'

  export const handlers: {
    route: string
    method?: string
    middleware: boolean
    lazy: boolean
    handler: EventHandler | (() => Promise<{ default: EventHandler }>)
  }[]
}
