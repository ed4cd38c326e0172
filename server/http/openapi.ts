// The API's description, made from the declarations that the doors themselves run on: it cannot say anything else
// than they do. In: doors with their addresses; out: an OpenAPI 3.1 document.
import { z } from 'zod'
import { streamAnswer, streamMessage } from '#shared/schemas/ingest.ts'
import { liveAnswer, liveMessage } from '#shared/schemas/live.ts'
import { problem } from '#shared/schemas/problem.ts'
import { SCOPES, type Scope } from '#shared/schemas/token.ts'
import {
  KiB,
  MAX_BULK_BYTES,
  MAX_EVENT_BYTES,
  MAX_LIVE_MESSAGE_BYTES,
  MAX_STREAM_UNACKNOWLEDGED,
  MiB,
} from '#shared/constants/limits.ts'
import type { Access, EndpointDeclaration } from './define-endpoint.ts'

/** What an ingest door says about itself (server/http/ingest-door.ts). */
export interface IngestDeclaration {
  summary: string
  style: 'own' | 'sentry' | 'stream'
}
/** What the live socket says about itself (server/api/v1/live.get.ts). */
export interface LiveDeclaration {
  summary: string
}
export interface Door {
  /** As the router knows it: `/api/v1/orgs/:org`. */
  route: string
  method: string
  endpoint?: EndpointDeclaration
  ingest?: IngestDeclaration
  live?: LiveDeclaration
}

type JsonSchema = Record<string, unknown>

const JSON_TYPE = 'application/json'
const WHO: Record<Access, string> = {
  public: 'Open to everybody.',
  session: 'For everybody who is signed in.',
  member: 'For members of the organisation; for others it does not exist.',
  admin: 'For admins and owners of the organisation.',
  owner: 'For owners of the organisation.',
  'installation-owner': 'For the owner of the installation.',
  metrics: 'For the owner of the installation, and for whoever has MESHER_METRICS_TOKEN.',
}

export function buildOpenApi(doors: Door[], about: { version: string; serverUrl: string }) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const door of [...doors].sort((a, b) => (a.route < b.route ? -1 : 1))) {
    const path = door.route.replace(/:(\w+)/g, '{$1}')
    const operation = door.endpoint
      ? describeEndpoint(path, door.endpoint)
      : door.ingest
        ? describeIngest(path, door.ingest)
        : door.live
          ? describeLive(door.live.summary)
          : UNDECLARED
    ;(paths[path] ??= {})[door.method] = { operationId: operationId(door.method, path), ...operation }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mesher',
      version: about.version,
      description:
        'Errors are `{"error":{"code","message","details?"}}`. Lists are `{"data":[…],"nextCursor"}`; pass `nextCursor` as `cursor` for the next page. Requests that change something need `Content-Type: application/json` and, with a session, an `Origin` of this installation; requests with an API token need no `Origin`.',
    },
    servers: [{ url: about.serverUrl }],
    paths,
    components: {
      schemas: { Problem: toSchema(problem, 'output') },
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: `${about.serverUrl.startsWith('https:') ? '__Host-' : ''}mesher.session_token`,
        },
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'msh_…',
          description: `An API token of the organisation, as \`Authorization: Bearer msh_…\`. It opens what its scopes (${SCOPES.join(', ')}) and the present role of its maker both allow.`,
        },
        dsnKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'The public key of the project, from its DSN.',
        },
        metricsToken: { type: 'http', scheme: 'bearer', description: 'MESHER_METRICS_TOKEN.' },
        dsnKeyHeader: { type: 'apiKey', in: 'header', name: 'X-Mesher-Key' },
      },
    },
  }
}

function describeEndpoint(path: string, declared: EndpointDeclaration): JsonSchema {
  const { access, params, query, body, response, contentType, status } = declared
  const { summary, description, tags, scope } = declared
  return {
    summary,
    description: [description, WHO[access], tokensOf(access, scope)].filter(Boolean).join(' '),
    tags: [...tags],
    'x-mesher-access': access,
    ...(scope ? { 'x-mesher-scope': scope } : {}),
    security: securityOf(access, scope),
    parameters: [...pathParameters(path, params), ...queryParameters(query)],
    ...(body
      ? { requestBody: { required: true, content: { [JSON_TYPE]: { schema: toSchema(body, 'input') } } } }
      : {}),
    responses: {
      [status]: {
        description: response ? 'Done' : 'Done, nothing to say',
        ...(response
          ? { content: { [contentType ?? JSON_TYPE]: { schema: toSchema(response, 'output') } } }
          : {}),
      },
      default: PROBLEM,
    },
  }
}

/** A file that serves without saying who may come in: no build with one passes its tests. */
const UNDECLARED = {
  summary: 'Says nothing about itself',
  description: '',
  'x-mesher-access': 'undeclared',
  tags: [],
  parameters: [],
  responses: {},
}

const securityOf = (access: Access, scope: Scope | undefined): object[] => [
  ...(access === 'public' ? [] : [{ session: [] }]),
  ...(scope ? [{ token: [scope] }] : []),
  ...(access === 'metrics' ? [{ metricsToken: [] }] : []),
]

/** In words, because not every reader of the document shows what a security requirement holds. */
function tokensOf(access: Access, scope: Scope | undefined): string {
  if (access === 'public') return ''
  return scope ? `API tokens need the scope \`${scope}\`.` : 'Not for API tokens.'
}

const PROBLEM = {
  description: 'Refused, or failed',
  content: { [JSON_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
}

function describeIngest(path: string, { summary, style }: IngestDeclaration): JsonSchema {
  if (style === 'stream') return describeStream(summary)
  const limit = path.endsWith('/bulk') ? MAX_BULK_BYTES : MAX_EVENT_BYTES
  const own = style === 'own'
  return {
    summary,
    description: own
      ? `Takes gzip, deflate, br and zstd; at most ${limit / MiB} MiB decoded. The answer comes after the commit.`
      : 'For unmodified Sentry SDKs; takes what they send and answers what they read.',
    tags: ['events in'],
    'x-mesher-access': 'dsn-key',
    security: [{ dsnKey: [] }, { dsnKeyHeader: [] }],
    parameters: pathParameters(path, undefined),
    requestBody: { required: true, content: { [own ? JSON_TYPE : 'application/x-sentry-envelope']: {} } },
    responses: {
      [own ? 202 : 200]: { description: 'Stored' },
      default: own ? PROBLEM : { description: 'Refused; the reason is in X-Sentry-Error' },
    },
  }
}

function describeStream(summary: string): JsonSchema {
  return {
    summary,
    description: [
      'A WebSocket. Each text frame is one message, `{"type":"event","ref":…,"event":{…}}`, at most',
      `${MAX_EVENT_BYTES / MiB} MiB; each is answered by one, \`ack\` after the commit or \`error\`, with its \`ref\``,
      `and in any order. With ${MAX_STREAM_UNACKNOWLEDGED} messages unanswered the server stops reading until half are`,
      'answered. After a broken connection, send again what was not acknowledged, with the same `event_id`.',
    ].join(' '),
    tags: ['events in'],
    'x-mesher-access': 'dsn-key',
    'x-mesher-messages': {
      client: toSchema(streamMessage, 'input'),
      server: toSchema(streamAnswer, 'output'),
    },
    security: [{ dsnKey: [] }, { dsnKeyHeader: [] }],
    parameters: [
      {
        name: 'sentry_key',
        in: 'query',
        required: false,
        description: 'The key, for browsers: they cannot set headers on a WebSocket.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      101: { description: 'Upgraded' },
      426: { description: 'Asked without an upgrade' },
      default: PROBLEM,
    },
  }
}

function describeLive(summary: string): JsonSchema {
  return {
    summary,
    description: [
      'A WebSocket for who is signed in (with an `Origin` of this installation), or with an API token of the scope',
      '`event:read`. What is subscribed to has to be theirs to see, and is asked again all the while. Each text frame,',
      `at most ${MAX_LIVE_MESSAGE_BYTES / KiB} KiB, is one message.`,
    ].join(' '),
    tags: ['events'],
    'x-mesher-access': 'live',
    'x-mesher-messages': {
      client: toSchema(liveMessage, 'input'),
      server: toSchema(liveAnswer, 'output'),
    },
    security: [{ session: [] }, { token: ['event:read'] }],
    parameters: [],
    responses: {
      101: { description: 'Upgraded' },
      426: { description: 'Asked without an upgrade' },
      default: PROBLEM,
    },
  }
}

function pathParameters(path: string, params: z.ZodType | undefined): JsonSchema[] {
  const properties = params ? propertiesOf(params) : {}
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
  }))
}

function queryParameters(query: z.ZodType | undefined): JsonSchema[] {
  if (!query) return []
  const { required = [] } = toSchema(query, 'input') as { required?: string[] }
  return Object.entries(propertiesOf(query)).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

const propertiesOf = (schema: z.ZodType): Record<string, JsonSchema> =>
  (toSchema(schema, 'input') as { properties?: Record<string, JsonSchema> }).properties ?? {}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  // A transform has no JSON form of its own: what it takes is said, what it makes is not.
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema
  void $schema // said once for the whole document by `openapi: 3.1`
  return rest
}

const operationId = (method: string, path: string): string =>
  [method, ...path.replace(/^\/api\/(v1\/)?/, '').split(/[^\w]+/)].filter(Boolean).join('_')
