// The doors as the built server describes them, and requests made up from that description alone: what the permission
// walk needs to try a route it has never heard of.
import type { ApiClient } from './api-client.ts'

interface JsonSchema {
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  minItems?: number
  minLength?: number
  minimum?: number
  exclusiveMinimum?: number
  pattern?: string
  format?: string
}
interface Parameter {
  name: string
  in: string
  required: boolean
  schema: JsonSchema
}

export interface ServedDoor {
  /** `/api/v1/orgs/[org]`, as files are named. */
  route: string
  method: string
  access: string
  scope: string | null
  parameters: { name: string; schema: JsonSchema }[]
  /** What has to be behind the address for the door to answer. */
  query: string
  body: JsonSchema | null
  socket: boolean
}

interface Operation {
  'x-mesher-access': string
  'x-mesher-scope'?: string
  parameters: Parameter[]
  requestBody?: { content: Record<string, { schema?: JsonSchema }> }
  responses: Record<string, unknown>
}

export async function readServedDoors(who: ApiClient): Promise<ServedDoor[]> {
  const { body } = await who.get('/api/v1/openapi.json')
  return Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: route.replace(/\{(\w+)\}/g, '[$1]'),
      method,
      access: String(operation['x-mesher-access']),
      scope: operation['x-mesher-scope'] ?? null,
      parameters: operation.parameters.filter((one) => one.in === 'path'),
      query: operation.parameters
        .filter((one) => one.in === 'query' && one.required)
        .map(({ name, schema }) => `${name}=${encodeURIComponent(String(sampleOf(schema)))}`)
        .join('&'),
      body: operation.requestBody?.content['application/json']?.schema ?? null,
      socket: '101' in operation.responses,
    })),
  )
}

export const nameOf = ({ method, route }: { method: string; route: string }): string =>
  `${method.toUpperCase()} ${route}`

/** The address with these ids in it. What is not among them gets an id of the right form that belongs to nothing. */
export function addressOf({ route, parameters, query }: ServedDoor, ids: Record<string, string>): string {
  const path = route.replace(/\[(\w+)\]/g, (_, name: string) =>
    encodeURIComponent(
      ids[name] ?? String(sampleOf(parameters.find((one) => one.name === name)?.schema ?? {})),
    ),
  )
  return query ? `${path}?${query}` : path
}

/** A value the schema takes, as far as a schema says it; with `all`, optional fields too. */
export function sampleOf(schema: JsonSchema, all = false): unknown {
  const [first] = schema.anyOf ?? schema.oneOf ?? []
  if (first) return sampleOf(first, all)
  if ('const' in schema) return schema.const
  if (schema.enum) return schema.enum[0]
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object') {
    const wanted = Object.entries(schema.properties ?? {}).filter(
      ([name]) => all || schema.required?.includes(name),
    )
    return Object.fromEntries(wanted.map(([name, inner]) => [name, sampleOf(inner, all)]))
  }
  if (type === 'array')
    return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () => sampleOf(schema.items ?? {}, all))
  if (type === 'boolean') return false
  if (type === 'null') return null
  if (type === 'integer' || type === 'number')
    return Math.max(1, schema.minimum ?? 1, (schema.exclusiveMinimum ?? 0) + 1)
  return textOf(schema)
}

const TEXTS = [
  '1',
  '00000000-0000-4000-8000-000000000000',
  'x',
  '2030-01-01T00:00:00Z',
  'a@example.org',
  '24h',
]

function textOf({ pattern, minLength = 0 }: JsonSchema): string {
  const long = TEXTS.map((text) => text.padEnd(minLength, 'x'))
  return long.find((text) => !pattern || new RegExp(pattern).test(text)) ?? 'x'
}
