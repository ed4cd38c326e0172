// All doors that this build serves, from the framework's own table of handlers: nothing can be mounted and missing
// here. A file under server/api without a declaration appears as a door that says nothing about itself.
import { handlers } from '#nitro-internal-virtual/server-handlers'
import type { EndpointDeclaration } from './define-endpoint.ts'
import type { Door, IngestDeclaration, LiveDeclaration } from './openapi.ts'

/** Of doors that look at the method themselves. */
const ANY_METHOD = '*'

interface Declared {
  endpoint?: EndpointDeclaration
  ingest?: IngestDeclaration
  live?: LiveDeclaration
}

export async function listDoors(): Promise<Door[]> {
  const ours = handlers.filter(
    ({ route, middleware }) => !middleware && /^\/(api|docs)\/|^\/metrics$/.test(route),
  )
  // Every address that no door has is refused by one handler; that is not a door.
  const doors = ours.filter(({ route }) => !route.includes('**'))
  return Promise.all(
    doors.map(async ({ route, method, handler, lazy }) => {
      const loaded = lazy ? (await (handler as () => Promise<{ default: unknown }>)()).default : handler
      const { endpoint, ingest, live } = loaded as Declared // h3 puts no type on what we attached
      return {
        route,
        method: method ?? (ingest ? 'post' : 'get'),
        ...(endpoint ? { endpoint } : {}),
        ...(ingest ? { ingest } : {}),
        ...(live ? { live } : {}),
      }
    }),
  )
}

/** Methods by address: plain addresses at once, those with parameters in the order of the framework's table. */
interface MethodTable {
  plain: Map<string, Set<string>>
  patterns: { pattern: RegExp; methods: Set<string> }[]
}

// Made at the first question: the table of handlers imports the middleware that imports this.
let table: MethodTable | undefined

function makeTable(): MethodTable {
  const made: MethodTable = { plain: new Map(), patterns: [] }
  for (const { route, method, middleware } of handlers) {
    if (middleware || route.includes('**') || !route.startsWith('/api/')) continue
    methodsOf(made, route).add(method?.toUpperCase() ?? ANY_METHOD)
  }
  return made
}

function methodsOf({ plain, patterns }: MethodTable, route: string): Set<string> {
  const pattern = toPattern(route)
  const known = plain.get(route) ?? patterns.find((one) => one.pattern.source === pattern.source)?.methods
  if (known) return known
  const methods = new Set<string>()
  if (route.includes('/:')) patterns.push({ pattern, methods })
  else plain.set(route, methods)
  return methods
}

/** Null when anything may be asked there, or when there is nothing; otherwise the methods that have a door. */
export function methodsAt(address: string): string[] | null {
  const end = address.indexOf('?')
  const path = (end < 0 ? address : address.slice(0, end)).replace(/\/$/, '')
  const { plain, patterns } = (table ??= makeTable())
  // `issues/undo` is also an `issues/:issue`: what one of them has no door for, the framework asks the other.
  const sets = [
    plain.get(path) ?? patterns.filter(({ pattern }) => pattern.test(path)).map((one) => one.methods),
  ]
  const methods = new Set(sets.flat().flatMap((set) => [...set]))
  return methods.size > 0 && !methods.has(ANY_METHOD) ? [...methods].sort() : null
}

function toPattern(route: string): RegExp {
  const text = route.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')
  return new RegExp(`^${text}$`)
}
