// `npm run mesher` as an operator runs it: the real command in a process of its own, on a real database.
import fs from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hashToken } from '#server/domain/tokens/live-token.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { endAllLaunched, launch, makeDataDirectory } from '../../support/launcher.ts'
import { runMesher } from '../../support/mesher.ts'
import { startServer, type TestServer } from '../../support/server.ts'

let database: TestDatabase
let pool: pg.Pool

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 1 })
})
afterAll(async () => {
  await pool?.end()
  await database?.drop()
})

/** @param line words, split at blanks */
const mesher = (
  line: string | string[],
  { env = {}, ...options }: { stdin?: string; env?: Record<string, string> } = {},
) => runMesher(line, { ...options, env: { DATABASE_URL: database.url, ...env } })

describe('on a database that a server uses', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startServer({ databaseUrl: database.url })
  })
  afterAll(() => server?.stop())

  const signIn = async (email: string, password: string) => {
    const answer = await fetch(`${server.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { origin: server.url, 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
    return {
      status: answer.status,
      cookie: answer.headers
        .getSetCookie()
        .map((c) => c.split(';')[0])
        .join('; '),
    }
  }
  const whoami = async (cookie: string) =>
    (await fetch(`${server.url}/api/v1/me`, { headers: { cookie } })).status

  it('ORG-01: from an empty database to a DSN that takes events, without a browser', async () => {
    const made = await mesher('user create --email Ada@Example.org --name Ada --json')
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.json).toMatchObject({ email: 'ada@example.org', name: 'Ada', installationOwner: true })
    expect(made.json.password).toHaveLength(20)
    expect((await signIn('ada@example.org', made.json.password)).status).toBe(200)

    const org = await mesher(['org', 'create', '--name', 'Acme Shop', '--owner', 'ada@example.org', '--json'])
    expect(org.json).toMatchObject({ slug: 'acme-shop', role: 'owner' })
    const project = await mesher('project create --org acme-shop --name Web --platform vue --json')
    expect(project.json).toMatchObject({ orgSlug: 'acme-shop', slug: 'web', platform: 'vue' })
    const env = { PORT: String(server.port) }
    const dsn = await mesher('dsn --project acme-shop/web', { env })
    expect(dsn.stdout).toMatch(
      new RegExp(`^http://[0-9a-f]{32}@127\\.0\\.0\\.1:${server.port}/${project.json.id}\n$`),
    )
    expect((await mesher(`dsn --project ${project.json.id} --json`, { env })).json).toEqual({
      project: project.json.id,
      dsn: dsn.stdout.trim(),
    })
    const send = (key: string) =>
      fetch(`${server.url}/api/v1/events`, {
        method: 'POST',
        headers: { 'x-mesher-key': key },
        body: JSON.stringify({ message: 'hello' }),
      })
    const key = new URL(dsn.stdout).username
    expect((await send(key)).status).toBe(202)

    const second = await mesher('key create --project acme-shop/web --label ios --json')
    expect(second.json).toMatchObject({ label: 'ios', active: true, lastUsedAt: null })
    const keys = await mesher('key list --project acme-shop/web --json')
    expect(keys.json.map(({ label }: { label: string }) => label)).toEqual(['Default', 'ios'])
    expect((await send(second.json.publicKey)).status).toBe(202)
    const disabled = await mesher(`key disable --project acme-shop/web --key ${second.json.id} --json`)
    expect(disabled.json).toMatchObject({ id: second.json.id, active: false })
    await expect.poll(async () => (await send(second.json.publicKey)).status, { timeout: 5_000 }).toBe(403)
    expect((await send(key)).status).toBe(202)
  })

  it('ORG-01: a reset password lets its owner in, and ends every session', async () => {
    const password = 'a first long password'
    await mesher('user create --email bob@example.org --name Bob --password-stdin', {
      stdin: `${password}\n`,
    })
    const before = await signIn('bob@example.org', password)
    expect(before.status).toBe(200)
    expect(await whoami(before.cookie)).toBe(200)
    const reset = await mesher('user reset-password --email bob@example.org --password-stdin --json', {
      stdin: 'a second long password\n',
    })
    expect(reset.json).toMatchObject({ email: 'bob@example.org' })
    expect(reset.stdout + reset.stderr).not.toContain('a second long password')
    expect(await whoami(before.cookie)).toBe(401)
    expect((await signIn('bob@example.org', password)).status).toBe(401)
    const after = await signIn('bob@example.org', 'a second long password')
    expect(after.status).toBe(200)
    expect(await whoami(after.cookie)).toBe(200)
  })
})

describe('people, tokens and mistakes', () => {
  beforeAll(async () => {
    for (const name of ['Eve', 'Max']) await mesher(`user create --email ${name}@x.example --name ${name}`)
    await mesher('org create --name Team --slug team --owner eve@x.example')
  })

  it('ORG-02: makes somebody a member, once', async () => {
    const added = await mesher('org add-member --org team --email max@x.example --json')
    expect(added.json).toMatchObject({ org: 'team', email: 'max@x.example', role: 'member' })
    const again = await mesher('org add-member --org team --email max@x.example --json')
    expect(again.code).toBe(3)
    expect(JSON.parse(again.stderr)).toMatchObject({ error: { code: 'conflict' } })
    const people = (await mesher('user list --json')).json as { email: string; orgs: unknown }[]
    expect(people.find(({ email }) => email === 'max@x.example')!.orgs).toEqual([
      { slug: 'team', role: 'member' },
    ])
  })

  it('ORG-02: a token is shown once, kept as a hash, and allows no more than its creator may', async () => {
    const { json } = await mesher(
      'token create --org team --name ci --scopes event:read,project:admin --json',
    )
    expect(json).toMatchObject({ creator: 'eve@x.example', scopes: ['event:read', 'project:admin'] })
    const { rows } = await pool.query(
      `select name, hint, scopes, expires_at from api_token where token_hash = $1`,
      [hashToken(json.token)],
    )
    expect(rows).toEqual([
      { name: 'ci', hint: json.token.slice(0, 8), scopes: ['event:read', 'project:admin'], expires_at: null },
    ])
    const beyond = 'token create --org team --name ci --creator max@x.example --scopes org:admin'
    expect(await mesher(beyond)).toMatchObject({ code: 1, stdout: '' })
    expect((await pool.query('select from api_token')).rowCount).toBe(1)
  })

  it.each([
    ['', 0, ''],
    ['--help', 0, ''],
    ['user create --help', 0, ''],
    ['fly', 1, 'There is no command "fly"'],
    ['user create', 1, '--email is needed'],
    ['user create --email nonsense --name X', 1, '--email: Enter an e-mail address'],
    ['user create --email a@x.example --name X --password secret-on-argv', 1, "Unknown option '--password'"],
    ['user reset-password --email nobody@x.example', 2, 'There is no account nobody@x.example'],
    ['user create --email eve@x.example --name Eve', 3, 'There is an account'],
    ['org create --name X --slug team --owner eve@x.example', 3, 'taken'],
    ['project create --org nowhere --name X', 2, 'There is no organisation nowhere'],
    ['dsn --project team/nothing', 2, 'There is no project team/nothing'],
    ['key disable --project team/nothing --key 1', 2, 'There is no project'],
    ['token create --org team --name x --scopes fly', 1, '--scopes'],
  ])('%s → %i', async (line, code, said) => {
    const ran = await mesher(line ? line.split(' ') : [])
    expect(ran).toMatchObject({ code })
    expect(ran.stderr).toContain(said)
    expect(ran.stderr).not.toContain('    at ')
    if (code === 0) expect(ran.stdout).toContain('npm run mesher --')
    else expect(ran.stdout).toBe('')
  })

  it('a password that is too short is refused, and nothing is made', async () => {
    const ran = await mesher('user create --email short@x.example --name S --password-stdin', {
      stdin: 'short\n',
    })
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect((await pool.query(`select from "user" where email = 'short@x.example'`)).rowCount).toBe(0)
  })

  it('an unreachable database is said in a sentence', async () => {
    const ran = await mesher('user list', {
      env: { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' },
    })
    expect(ran).toMatchObject({ code: 4, stdout: '' })
    expect(ran.stderr).toContain('PostgreSQL cannot be reached')
  })
})

describe('with the embedded PostgreSQL', () => {
  let dataDirectory: string
  beforeAll(() => {
    dataDirectory = makeDataDirectory()
  })
  afterEach(endAllLaunched)
  afterAll(() => fs.rmSync(dataDirectory, { recursive: true, force: true }))

  it('ORG-01: works while Mesher does not run, while it runs, and leaves nothing running', async () => {
    const env = { DATABASE_URL: '', MESHER_DATA_DIR: dataDirectory, HOME: dataDirectory }
    const made = await mesher('user create --email ada@example.org --name Ada --json', { env })
    expect(made).toMatchObject({ code: 0, json: { installationOwner: true } })
    expect(fs.existsSync(path.join(dataDirectory, 'launcher.json'))).toBe(false)

    const running = await launch({ dataDirectory })
    await running.until('Mesher is running')
    const org = await mesher('org create --name Acme --owner ada@example.org --json', { env })
    expect(org.json).toMatchObject({ slug: 'acme' })
    running.signal('SIGTERM')
    expect(await running.exited).toBe(0)
    const people = await mesher('user list --json', { env })
    expect(people.json).toMatchObject([{ email: 'ada@example.org', orgs: [{ slug: 'acme', role: 'owner' }] }])
  }, 120_000)
})
