// All doors that this build serves, from the framework's own table of handlers: nothing can be mounted and missing
// here. A file under server/api without a declaration appears as a door that says nothing about itself.
import { handlers } from '#nitro-internal-virtual/server-handlers'
import type { EndpointDeclaration } from './define-endpoint.ts'
import type { Door, IngestDeclaration } from './openapi.ts'

interface Declared {
  endpoint?: EndpointDeclaration
  ingest?: IngestDeclaration
}

export async function listDoors(): Promise<Door[]> {
  const ours = handlers.filter(({ route, middleware }) => !middleware && /^\/(api|docs)\//.test(route))
  // Every address that no door has is refused by one handler; that is not a door.
  const doors = ours.filter(({ route }) => !route.includes('**'))
  return Promise.all(
    doors.map(async ({ route, method, handler, lazy }) => {
      const loaded = lazy ? (await (handler as () => Promise<{ default: unknown }>)()).default : handler
      const { endpoint, ingest } = loaded as Declared // h3 puts no type on what we attached
      return {
        route,
        method: method ?? (ingest ? 'post' : 'get'),
        ...(endpoint ? { endpoint } : {}),
        ...(ingest ? { ingest } : {}),
      }
    }),
  )
}

/** What could be asked for at this address: not empty means that only the method was wrong. */
export function methodsAt(path: string): string[] {
  const wanted = path.split('?')[0]!.replace(/\/+$/, '') // split gives at least one part
  return handlers
    .filter(({ route, middleware }) => !middleware && !route.includes('**') && toPattern(route).test(wanted))
    .map(({ method }) => (method ?? 'post').toUpperCase())
}

const toPattern = (route: string): RegExp =>
  new RegExp(`^${route.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`)
