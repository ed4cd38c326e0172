// Every door, found by its file, tried by everybody. A new file under server/api or server/routes is in the walk the
// moment it exists: without a declaration, or with one the walk does not understand, it fails here.
import fs from 'node:fs'
import path from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { addMember, ApiClient, type Answer } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'

const root = path.join(import.meta.dirname, '..', '..', '..')
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const
const ROLES = ['member', 'admin', 'owner'] as const
type Role = (typeof ROLES)[number]
/** The one file that answers where there is no door. */
const NO_DOOR = '/api/[...path]'

interface Door {
  file: string
  route: string
  method: string
}
interface Operation extends Door {
  access: string
  parameters: string[]
  /** What has to be behind the address for the door to answer. */
  query: string
}

/** As the framework reads file names. */
function readDoors(): Door[] {
  return [
    ['server/api', '/api'],
    ['server/routes', ''],
  ].flatMap(([folder = '', prefix = '']) =>
    fs
      .globSync('**/*', { cwd: path.join(root, folder), withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = path.relative(path.join(root, folder), path.join(entry.parentPath, entry.name))
        const bare = file.replace(/\.ts$/, '')
        const method = METHODS.find((name) => bare.endsWith(`.${name}`))
        const route = `${prefix}/${method ? bare.slice(0, -method.length - 1) : bare}`.replace(/\/index$/, '')
        return { file: `${folder}/${file}`, route, method: method ?? '' }
      }),
  )
}

interface Ids {
  org: string
  project: string
  issue: string
  eventId: string
  key: string
  dsnKey: string
}

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let operations: Operation[]
let ours: Ids
let theirs: Ids
const people = {} as Record<Role | 'stranger' | 'installationOwner' | 'nobody', ApiClient>

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: '1' } })
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  const signUp = (name: string) => new ApiClient(server.url).signUp(name)
  people.nobody = new ApiClient(server.url)
  people.installationOwner = await signUp('Installer')
  people.owner = await signUp('Owner')
  people.admin = await signUp('Admin')
  people.member = await signUp('Member')
  people.stranger = await signUp('Stranger')
  ours = await fill(people.owner, 'Ours')
  theirs = await fill(people.stranger, 'Theirs')
  for (const role of ['member', 'admin'] as const) {
    await addMember(pool, { org: ours.org, userId: people[role].userId, role })
  }
  operations = await readOperations()
})
afterAll(async () => {
  await server.stop()
  await pool.end()
  await database.drop()
})

/** An organisation with a project, a key, an issue and an event. */
async function fill(who: ApiClient, name: string): Promise<Ids> {
  const org = (await who.post('/api/v1/orgs', { name })).body.slug
  const project = (await who.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body
  const [key] = (await who.get(`/api/v1/projects/${project.id}/keys`)).body.data
  const sent = await new ApiClient(server.url).post(
    '/api/v1/events',
    { message: `Something broke for ${name}` },
    { headers: { authorization: `Bearer ${key.publicKey}`, origin: null } },
  )
  expect(sent.status).toBe(202)
  const [issue] = (await who.get(`/api/v1/projects/${project.id}/issues`)).body.data
  return {
    org,
    project: project.id,
    issue: issue.id,
    eventId: sent.body.id,
    key: key.id,
    dsnKey: key.publicKey,
  }
}

async function readOperations(): Promise<Operation[]> {
  const { body } = await people.nobody.get('/api/v1/openapi.json')
  return Object.entries(body.paths as Record<string, Record<string, Record<string, unknown>>>).flatMap(
    ([route, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        file: '',
        route: route.replace(/\{(\w+)\}/g, '[$1]'),
        method,
        access: String(operation['x-mesher-access']),
        parameters: [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name)),
        query: requiredQuery(operation['parameters'] as Parameter[]),
      })),
  )
}

interface Parameter {
  name: string
  in: string
  required: boolean
  schema: { enum?: string[] }
}
const requiredQuery = (parameters: Parameter[]): string =>
  parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name, schema }) => `${name}=${schema.enum?.[0] ?? 'x'}`)
    .join('&')

/** The address with these ids in it; a parameter the walk has no value for fails the test that meets it. */
function address(route: string, ids: Partial<Ids>): string {
  return route.replace(/\[(\w+)\]/g, (_, name: string) => {
    const value = name === 'ingestProject' ? ids.project : ids[name as keyof Ids]
    if (value === undefined) throw new Error(`Teach the walk a value for [${name}] of ${route}`)
    return value
  })
}

const ask = (who: ApiClient, { method, query }: Operation, url: string): Promise<Answer> =>
  who.request(method.toUpperCase(), `${url}?${query}`, { body: {} })

const where = (door: Door) => `${door.method.toUpperCase()} ${door.route}`

/** Guarded doors with an expectation per person; those that would end the session of whoever tries are last. */
const guarded = (...access: string[]) => operations.filter((door) => access.includes(door.access))

test('ORG-03: every file behind an address declares who may come in, and nothing is served without a file', () => {
  const files = readDoors().filter(({ route }) => route !== NO_DOOR)
  const served = new Set(operations.map(where))
  for (const door of files) {
    const found = operations.filter(
      ({ route, method }) => route === door.route && (door.method === '' || method === door.method),
    )
    expect(found, `${door.file} is not served, or says nothing about itself`).toHaveLength(1)
    const [operation] = found as [Operation]
    expect(operation.access, door.file).toMatch(
      /^(public|session|member|admin|owner|installation-owner|metrics|dsn-key)$/,
    )
    served.delete(where(operation))
  }
  expect([...served]).toEqual([])
})

test('ORG-03: whatever has an organisation or a project in its address is for members', () => {
  for (const door of operations) {
    const belongs = door.parameters.some((name) => name === 'org' || name === 'project')
    const forMembers = (ROLES as readonly string[]).includes(door.access)
    expect([where(door), forMembers]).toEqual([where(door), belongs])
  }
})

describe('ORG-03: tried by', () => {
  test('nobody, all guarded doors say 401', async () => {
    for (const door of guarded('session', 'member', 'admin', 'owner', 'installation-owner', 'metrics')) {
      const { status, body } = await ask(people.nobody, door, address(door.route, ours))
      expect([where(door), status, body.error?.code]).toEqual([where(door), 401, 'unauthenticated'])
    }
  })

  test.each(['stranger', 'installationOwner'] as const)(
    '%s, doors of an organisation that is not theirs sound as if it did not exist',
    async (name) => {
      const absent = { ...ours, org: 'no-such-org', project: '987654321' }
      for (const door of guarded('member', 'admin', 'owner')) {
        const real = await ask(people[name], door, address(door.route, ours))
        const invented = await ask(people[name], door, address(door.route, absent))
        expect([where(door), real.status]).toEqual([where(door), 404])
        expect([invented.status, invented.body]).toEqual([real.status, real.body])
      }
    },
  )

  test.each(ROLES)('a %s, doors open up to the role and no further', async (role) => {
    for (const door of guarded('member', 'admin', 'owner')) {
      const { status, body } = await ask(people[role], door, address(door.route, ours))
      const allowed = ROLES.indexOf(role) >= ROLES.indexOf(door.access as Role)
      if (!allowed) expect([where(door), status, body.error.code]).toEqual([where(door), 403, 'forbidden'])
      else if (door.method === 'get') expect([where(door), status]).toEqual([where(door), 200])
      // An empty body may be wrong, but whoever is told so was let in.
      else expect([200, 201, 204, 400], where(door)).toContain(status)
    }
  })

  test('an owner with ids of another organisation below the own project: absent', async () => {
    const tried: string[] = []
    for (const door of guarded('member', 'admin', 'owner')) {
      for (const name of door.parameters.filter((one) => one !== 'org' && one !== 'project')) {
        const mixed = { ...ours, [name]: theirs[name as keyof Ids] }
        const { status } = await people.owner.request(door.method.toUpperCase(), address(door.route, mixed), {
          body: { status: 'resolved', label: 'Stolen' },
        })
        expect([where(door), name, status]).toEqual([where(door), name, 404])
        tried.push(where(door))
      }
    }
    expect(tried.length).toBeGreaterThan(3)
    const key = await people.stranger.get(`/api/v1/projects/${theirs.project}/keys`)
    expect(key.body.data[0].label).toBe('Default')
    const issue = await people.stranger.get(`/api/v1/projects/${theirs.project}/issues/${theirs.issue}`)
    expect(issue.body.status).toBe('unresolved')
  })

  test('everybody but the installation owner, the system doors are closed', async () => {
    const doors = guarded('installation-owner', 'metrics')
    expect(doors.length).toBeGreaterThan(0)
    for (const door of doors) {
      for (const name of [...ROLES, 'stranger'] as const) {
        const { status, body } = await ask(people[name], door, address(door.route, ours))
        expect([where(door), name, status, body.error.code]).toEqual([where(door), name, 403, 'forbidden'])
      }
      const { status } = await ask(people.installationOwner, door, address(door.route, ours))
      expect([401, 403], where(door)).not.toContain(status)
    }
  })

  test('a session, the ingest doors are closed; the key of one project opens no other', async () => {
    for (const door of guarded('dsn-key')) {
      const url = address(door.route, ours)
      const { status } = await ask(people.owner, door, url)
      expect([where(door), status]).toEqual([where(door), door.route.endsWith('store') ? status : 401])
      expect(status, where(door)).toBeGreaterThanOrEqual(400)
      if (!door.parameters.includes('ingestProject')) continue
      const foreign = await people.nobody.request('POST', url, {
        body: {},
        headers: { 'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${theirs.dsnKey}` },
      })
      expect([where(door), foreign.status]).toEqual([where(door), 403])
    }
  })
})

test('ORG-03: lists show what is ours and nothing of theirs', async () => {
  const orgs = (await people.stranger.get('/api/v1/orgs')).body.data.map(({ slug }: { slug: string }) => slug)
  expect(orgs).toEqual([theirs.org])
  const me = (await people.member.get('/api/v1/me')).body
  expect(me.orgs.map(({ slug }: { slug: string }) => slug)).toEqual([ours.org])
  expect((await people.installationOwner.get('/api/v1/orgs')).body.data).toEqual([])
})
