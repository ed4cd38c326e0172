// Who the permission walk sends to every door, and what each may: derived from the door's own declaration.
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { SCOPES, SCOPES_OF_ROLE, type Scope } from '#shared/schemas/token.ts'
import { addMember, ApiClient } from './api-client.ts'
import type { ServedDoor } from './served-doors.ts'

export const ROLES = ['member', 'admin', 'owner'] as const
export type Role = (typeof ROLES)[number]

export interface Walker {
  name: string
  client: ApiClient
  /** Sent with every request. */
  headers: Record<string, string>
  /** Null: nobody, or a token that is none. */
  is: 'person' | 'token' | null
  /** In `ours`; null for strangers. */
  role: Role | null
  scopes: readonly Scope[]
  installationOwner?: boolean
  /** Its home is `theirs`: there it may be let in. */
  foreign?: boolean
}

/** What the declaration promises this walker below `ours`. */
export function promised(walker: Walker, { access, scope }: ServedDoor): 'in' | 401 | 403 | 404 {
  if (access === 'public') return 'in'
  if (walker.is === null) return 401
  // About what is asked later, on the socket: whoever may read anything anywhere is let in.
  if (access === 'live') return walker.is === 'person' || walker.scopes.includes('event:read') ? 'in' : 403
  const { role } = walker
  const needed = ROLES.indexOf(access as Role)
  if (needed >= 0) {
    if (role === null) return 404
    if (ROLES.indexOf(role) < needed) return 403
    if (walker.is === 'person') return 'in'
    const allowed = walker.scopes.some((one) => one === scope && SCOPES_OF_ROLE[role].includes(one))
    return allowed ? 'in' : 403
  }
  if (walker.is === 'token') return 403
  if (access === 'session') return 'in'
  if (access === 'installation-owner' || access === 'metrics') return walker.installationOwner ? 'in' : 403
  throw new Error(`The walk does not know what ${access} promises`)
}

export interface Crowd {
  walkers: Walker[]
  people: Record<Role | 'stranger' | 'installationOwner' | 'nobody' | 'spare', ApiClient>
}

/** People first: whoever signs up first owns the installation. */
export async function signUpCrowd(url: string): Promise<Crowd['people']> {
  const signUp = (name: string) => new ApiClient(url).signUp(name)
  return {
    installationOwner: await signUp('Installer'),
    owner: await signUp('Owner'),
    admin: await signUp('Admin'),
    member: await signUp('Member'),
    spare: await signUp('Spare'),
    stranger: await signUp('Stranger'),
    nobody: new ApiClient(url),
  }
}

/** Everybody and every token, of `ours` and of elsewhere. */
export async function gatherWalkers(
  pool: pg.Pool,
  people: Crowd['people'],
  { ours, theirs }: { ours: string; theirs: string },
): Promise<Walker[]> {
  const { nobody } = people
  const person = (name: keyof Crowd['people'], rest: Partial<Walker>): Walker => ({
    name,
    client: people[name],
    headers: {},
    is: 'person',
    role: null,
    scopes: [],
    ...rest,
  })
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })
  const token = (name: string, secret: string, rest: Partial<Walker>): Walker => ({
    name,
    client: nobody,
    headers: bearer(secret),
    is: 'token',
    role: null,
    scopes: [],
    ...rest,
  })

  const scoped = []
  for (const scope of SCOPES) {
    const { token: secret } = await makeToken(people.owner, ours, [scope])
    scoped.push(token(`a token for ${scope}`, secret, { role: 'owner', scopes: [scope] }))
  }
  const ofAdmin = await makeToken(people.admin, ours, SCOPES)
  // Its creator was an admin when it was made.
  await addMember(pool, { org: ours, userId: people.spare.userId, role: 'admin' })
  const ofDemoted = await makeToken(people.spare, ours, SCOPES)
  await pool.query(`update member set role = 'member' where user_id = $1`, [people.spare.userId])
  const expired = await makeToken(people.owner, ours, SCOPES)
  await pool.query(`update api_token set expires_at = now() where id = $1`, [expired.id])
  const revoked = await makeToken(people.owner, ours, SCOPES)
  await people.owner.request('DELETE', `/api/v1/orgs/${ours}/tokens/${revoked.id}`)
  const leaver = await new ApiClient(nobody.url).signUp('Leaver')
  await addMember(pool, { org: ours, userId: leaver.userId, role: 'owner' })
  const ofLeaver = await makeToken(leaver, ours, SCOPES)
  await pool.query(`delete from member where user_id = $1`, [leaver.userId])
  const { slug: second } = (await people.owner.post('/api/v1/orgs', { name: 'Second' })).body
  const ofSecond = await makeToken(people.owner, second, SCOPES)
  const ofStranger = await makeToken(people.stranger, theirs, SCOPES)
  const unknown = `msh_${randomBytes(32).toString('base64url')}`

  return [
    person('nobody', { is: null }),
    person('stranger', { foreign: true }),
    person('installationOwner', { installationOwner: true }),
    person('member', { role: 'member' }),
    person('admin', { role: 'admin' }),
    person('owner', { role: 'owner' }),
    ...scoped,
    token('a token of an admin', ofAdmin.token, { role: 'admin', scopes: SCOPES }),
    token('a token whose creator is only a member', ofDemoted.token, { role: 'member', scopes: SCOPES }),
    token('an expired token', expired.token, { is: null }),
    token('a revoked token', revoked.token, { is: null }),
    token('a token whose creator left', ofLeaver.token, { is: null }),
    token('an unknown token', unknown, { is: null }),
    token('a misshapen token', 'msh_', { is: null }),
    token("an unknown token with the owner's cookie", unknown, { is: null, client: people.owner }),
    token("the owner's token of another organisation", ofSecond.token, { scopes: SCOPES }),
    token("a stranger's token", ofStranger.token, { scopes: SCOPES, foreign: true }),
    token("a stranger's token with the owner's cookie", ofStranger.token, {
      scopes: SCOPES,
      foreign: true,
      client: people.owner,
    }),
  ]
}

async function makeToken(
  who: ApiClient,
  org: string,
  scopes: readonly Scope[],
): Promise<{ id: string; token: string }> {
  const { status, body } = await who.post(`/api/v1/orgs/${org}/tokens`, { name: 'Walker', scopes })
  if (status !== 201) throw new Error(`A token was refused with ${status}: ${JSON.stringify(body)}`)
  return body
}
