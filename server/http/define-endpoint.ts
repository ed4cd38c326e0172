// A door of the management API in one declaration: who may, what comes in, what goes out. The declaration stays
// attached to the handler, so that the OpenAPI document and the tenancy walk see the very thing that runs.
//
// Order at the door: host → who (401) → which organisation or project, proved by membership (404) → role, and the
// scope of a token (403) → origin and content type on unsafe methods → query and body (400) → handler → answer,
// stripped to its schema. Host and origin protect sessions; a request that shows a token needs neither.
// Nobody learns from an error whether another organisation's object exists.
import { randomUUID } from 'node:crypto'
import {
  defineEventHandler,
  getQuery,
  getRequestHeader,
  getRouterParams,
  setResponseHeader,
  setResponseStatus,
} from 'h3'
import type { EventHandler, EventHandlerRequest, H3Event } from 'h3'
import type { z } from 'zod'
import { DomainError } from '#server/domain/errors.ts'
import { asToken } from '#server/domain/tokens/live-token.ts'
import type { Scope } from '#shared/schemas/token.ts'
import { authenticate, shownToken, type Actor, type UserActor } from './authenticate.ts'
import { bringsMetricsToken } from './metrics-token.ts'
import { sendProblem } from './problem.ts'
import { hasBody, readJsonBody } from './read-json-body.ts'
import {
  proveInstallationOwner,
  proveMember,
  provePerson,
  type OrgContext,
  type ProjectContext,
} from './require-member.ts'
import { currentScope, runInScope } from './scope.ts'
import { assertTrustedHost, assertTrustedOrigin } from './trust.ts'

/**
 * Who may come in. From `member` to `owner`, the route has an `[org]` or a `[project]` and membership is proved here.
 * `metrics`: the installation's owner, or whoever brings MESHER_METRICS_TOKEN.
 */
export const ACCESS = [
  'public',
  'session',
  'member',
  'admin',
  'owner',
  'installation-owner',
  'metrics',
] as const
export type Access = (typeof ACCESS)[number]
type OrgAccess = 'member' | 'admin' | 'owner'

type MaybeSchema = z.ZodType | undefined
type Out<S extends MaybeSchema> = S extends z.ZodType ? z.output<S> : undefined
type In<S extends MaybeSchema> = S extends z.ZodType ? z.input<S> : unknown

export interface EndpointContext<
  A extends Access,
  P extends MaybeSchema,
  Q extends MaybeSchema,
  B extends MaybeSchema,
> {
  event: H3Event
  params: Out<P>
  query: Out<Q>
  body: Out<B>
  /**
   * Null at public doors: they do not look who is asking. A token for metrics is nobody either; one of the API comes
   * only below an organisation.
   */
  actor: A extends 'public'
    ? null
    : A extends 'metrics'
      ? UserActor | null
      : A extends OrgAccess
        ? Actor
        : UserActor
  /** The organisation of the route, or of the route's project. */
  org: A extends OrgAccess ? OrgContext : undefined
  project: A extends OrgAccess ? (Out<P> extends { project: string } ? ProjectContext : undefined) : undefined
}

/** What a door says about itself; OpenAPI and the tenancy walk read it. */
export interface EndpointDeclaration {
  access: Access
  /** What an API token must be allowed to come in; without it none may. */
  scope?: Scope
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  /** Where the usual limit of a JSON body is too small. */
  maxBodyBytes?: number
  response?: z.ZodType
  /** Of an answer that is text and not JSON; a handler with a choice of forms names the one it took by itself. */
  contentType?: string
  status: 200 | 201 | 202 | 204
  summary: string
  description?: string
  tags: readonly string[]
}

export interface EndpointOptions<
  A extends Access,
  P extends MaybeSchema,
  Q extends MaybeSchema,
  B extends MaybeSchema,
  R extends MaybeSchema,
> {
  access: A
  /** Only below an organisation: a token belongs to one. */
  scope?: A extends OrgAccess ? Scope : never
  params?: P
  query?: Q
  body?: B
  maxBodyBytes?: number
  /** Absent only with status 204. What it does not name does not leave. */
  response?: R
  contentType?: string
  status?: EndpointDeclaration['status']
  summary: string
  description?: string
  tags: readonly string[]
  handler: (context: EndpointContext<A, P, Q, B>) => In<R> | Promise<In<R>>
}

export type Endpoint = EventHandler<EventHandlerRequest, Promise<unknown>> & { endpoint: EndpointDeclaration }

const ORG_ACCESS: readonly Access[] = ['member', 'admin', 'owner']
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function defineEndpoint<
  A extends Access,
  P extends MaybeSchema = undefined,
  Q extends MaybeSchema = undefined,
  B extends MaybeSchema = undefined,
  R extends MaybeSchema = undefined,
>(options: EndpointOptions<A, P, Q, B, R>): Endpoint {
  const { handler, ...rest } = options
  const declaration: EndpointDeclaration = { ...rest, status: options.status ?? 200 }
  const answer = async (event: H3Event): Promise<unknown> => {
    setResponseHeader(event, 'cache-control', 'no-store')
    try {
      const context = await enter(event, declaration)
      // `enter` built exactly what the declaration promises; the generic types cannot follow it there.
      const handle = () => handler(context as unknown as EndpointContext<A, P, Q, B>)
      const { actor } = context
      const result = await (actor?.kind === 'token' ? asToken({ name: actor.tokenName }, handle) : handle())
      setResponseStatus(event, declaration.status)
      if (declaration.contentType && !event.node.res.hasHeader('content-type'))
        setResponseHeader(event, 'content-type', declaration.contentType)
      return declaration.response ? parseResponse(declaration.response, result) : null
    } catch (error) {
      return sendProblem(event, error)
    }
  }
  const inScope = (event: H3Event) =>
    currentScope() ? answer(event) : runInScope({ kind: 'request', id: randomUUID() }, () => answer(event))
  return Object.assign(defineEventHandler(inScope), { endpoint: declaration })
}

async function enter(event: H3Event, declared: EndpointDeclaration) {
  const safe = SAFE_METHODS.has(event.method)
  let actor: Actor | null = null
  let proof: { org?: OrgContext; project?: ProjectContext } = {}
  let params: unknown
  if (declared.access !== 'public' && !(declared.access === 'metrics' && bringsMetricsToken(event))) {
    if (shownToken(event) === null) assertTrustedHost(event)
    actor = await authenticate(event)
    if (!actor) throw new DomainError('unauthenticated')
  }
  // An id of the wrong form is an object that does not exist.
  if (declared.params) params = parseOr(declared.params, getRouterParams(event, { decode: true }), notFound)
  if (actor && ORG_ACCESS.includes(declared.access)) {
    proof = await proveMember(actor, params as { org?: string; project?: string }, {
      role: declared.access as OrgAccess,
      scope: declared.scope,
    })
  } else if (actor) provePerson(actor)
  if (actor && (declared.access === 'installation-owner' || declared.access === 'metrics'))
    await proveInstallationOwner(actor)
  if (!safe) assertTrusted(event, actor)
  const query = declared.query ? parseOr(declared.query, getQuery(event), invalid('query')) : undefined
  const body = await readBody(event, declared, safe)
  return { event, params, query, body, actor, ...proof }
}

/**
 * A session makes the browser an accomplice of any page; without one, only sign-in itself can be forged. A token is
 * never sent by a browser of itself.
 */
function assertTrusted(event: H3Event, actor: Actor | null): void {
  if (actor?.kind === 'token') return
  assertTrustedHost(event)
  if (actor || getRequestHeader(event, 'origin') !== undefined) assertTrustedOrigin(event)
}

async function readBody(event: H3Event, declared: EndpointDeclaration, safe: boolean): Promise<unknown> {
  if (declared.body)
    return parseOr(declared.body, await readJsonBody(event, declared.maxBodyBytes), invalid('body'))
  // A form on another site can send a POST without a body schema, but not one with a JSON content type.
  if (!safe && hasBody(event)) await readJsonBody(event)
  return undefined
}

function parseOr<S extends z.ZodType>(
  schema: S,
  value: unknown,
  problem: (error: z.ZodError) => DomainError,
): z.output<S> {
  const result = schema.safeParse(value)
  if (!result.success) throw problem(result.error)
  return result.data
}

const notFound = () => new DomainError('not_found')

const invalid = (where: 'query' | 'body') => (error: z.ZodError) => {
  const problems = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const first = problems[0]
  const text = first ? `${first.path || where}: ${first.message}` : undefined
  return new DomainError('validation_failed', { problems }, text)
}

/** An answer that breaks its own promise is our fault, not the caller's: it leaves as 500 and is logged by path. */
function parseResponse(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const where = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new Error(`The answer does not fit its schema: ${where.slice(0, 5).join('; ')}`)
}
