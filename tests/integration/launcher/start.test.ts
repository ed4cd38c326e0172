import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { endAllLaunched, launch, makeDataDirectory, postgresIn } from '../../support/launcher.ts'

const GONE = { timeout: 15_000, interval: 50 }
const isRoot = process.getuid?.() === 0

let dataDirectory: string

beforeEach(() => {
  dataDirectory = makeDataDirectory()
})
afterEach(async () => {
  await endAllLaunched()
  await vi.waitFor(() => expect(postgresIn(dataDirectory)).toEqual([]), GONE)
  fs.rmSync(dataDirectory, { recursive: true, force: true })
})

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<Row>(sql)
  await client.end()
  return rows
}

function listedAccount(): { uid: number; gid: number } {
  for (const line of fs.readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [, , uid, gid] = line.split(':').map(Number)
    if (uid && gid && uid < 65_534) return { uid, gid }
  }
  throw new Error('/etc/passwd lists only root and nobody')
}

/** Not from a checkout under a closed home directory. */
const canRunHere = (account: { uid: number; gid: number }) =>
  spawnSync(process.execPath, ['--check', import.meta.filename], { ...account, cwd: '/' }).status === 0

const socketDirectoryOf = (databaseUrl: string) => new URL(databaseUrl).searchParams.get('host')!

describe.skipIf(process.platform !== 'linux')('npm start', () => {
  it('serves from an empty directory, says where and what next, and stops without a trace', async () => {
    const first = await launch({ dataDirectory })
    await first.until('Mesher is running')
    expect(first.output()).toContain(`Mesher is running: ${first.url}`)
    expect(first.output()).toContain('the first account owns this installation')
    const { databaseUrl, secret } = await first.ask()
    expect(secret.length).toBeGreaterThanOrEqual(32)
    const [row] = await query<{ role: string; superuser: boolean; fsync: string }>(
      databaseUrl,
      `SELECT current_user AS role, usesuper AS superuser, current_setting('fsync') AS fsync
         FROM pg_user WHERE usename = current_user`,
    )
    expect(row).toEqual({ role: 'mesher', superuser: false, fsync: 'on' })
    const sockets = socketDirectoryOf(databaseUrl)
    expect(fs.statSync(sockets).mode & 0o777).toBe(0o700)
    expect(fs.statSync(path.join(dataDirectory, 'postgres')).mode & 0o777).toBe(0o700)
    expect(fs.statSync(path.join(dataDirectory, 'postgres.json')).mode & 0o777).toBe(0o600)

    first.signal('SIGINT')
    expect(await first.exited).toBe(0)
    expect(first.output()).toContain('drained')
    expect(postgresIn(dataDirectory)).toEqual([])
    expect(fs.existsSync(path.join(dataDirectory, 'postgres', 'postmaster.pid'))).toBe(false)
    expect(fs.existsSync(sockets)).toBe(false)

    const second = await launch({ dataDirectory })
    await second.until('Database up to date')
    await second.until('Mesher is running')
    expect((await second.ask()).secret).toBe(secret)
    second.signal('SIGTERM')
    expect(await second.exited).toBe(0)
  })

  it('lets nobody in without the password', async () => {
    const launched = await launch({ dataDirectory })
    await launched.until('Mesher is running')
    const url = new URL((await launched.ask()).databaseUrl)
    url.password = 'guessed'
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
    url.password = ''
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow()
    url.username = 'postgres'
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow()
  })

  it('killed with -9, takes server and PostgreSQL along, and the next start keeps what was committed', async () => {
    const first = await launch({ dataDirectory })
    await first.until('Mesher is running')
    const { databaseUrl, pid } = await first.ask()
    await query(databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer')
    first.signal('SIGKILL')
    await first.exited
    await vi.waitFor(() => expect(postgresIn(dataDirectory)).toEqual([]), GONE)
    await vi.waitFor(() => expect(fs.existsSync(`/proc/${pid}`)).toBe(false), GONE)

    const second = await launch({ dataDirectory })
    await second.until('Mesher is running')
    expect(fs.existsSync(socketDirectoryOf(databaseUrl))).toBe(false)
    expect(await query((await second.ask()).databaseUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
    second.signal('SIGINT')
    expect(await second.exited).toBe(0)
  })

  it('recovers when everything was killed with -9 at once', async () => {
    const first = await launch({ dataDirectory })
    await first.until('Mesher is running')
    await query((await first.ask()).databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer')
    const all = postgresIn(dataDirectory)
    first.signal('SIGKILL')
    for (const pid of all) process.kill(pid, 'SIGKILL')
    await first.exited

    const second = await launch({ dataDirectory })
    await second.until('Mesher is running')
    expect(await query((await second.ask()).databaseUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
  })

  it('stops a PostgreSQL that outlived its launcher', async () => {
    const first = await launch({ dataDirectory })
    await first.until('Mesher is running')
    const pid = Number(
      fs.readFileSync(path.join(dataDirectory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0],
    )
    // The watchdog does not get a word in while PostgreSQL is stopped; the second start finds it alive.
    process.kill(pid, 'SIGSTOP')
    first.signal('SIGKILL')
    await first.exited
    const second = await launch({ dataDirectory })
    await second.until('stopping the PostgreSQL of an earlier start')
    process.kill(pid, 'SIGCONT')
    await second.until('Mesher is running')
  })

  it('brings PostgreSQL back on the same address when it falls', async () => {
    const launched = await launch({ dataDirectory })
    await launched.until('Mesher is running')
    const { databaseUrl } = await launched.ask()
    process.kill(
      Number(fs.readFileSync(path.join(dataDirectory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]),
      'SIGKILL',
    )
    await launched.until('PostgreSQL ended unexpectedly')
    await vi.waitFor(
      async () => expect(await query(databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]),
      GONE,
    )
    launched.signal('SIGINT')
    expect(await launched.exited).toBe(0)
  })

  it('brings a fallen server back, and gives up with code 70 when it falls again and again', async () => {
    const launched = await launch({ dataDirectory })
    await launched.until('Mesher is running')
    const before = (await launched.ask()).pid
    const fall = () => fetch(`${launched.url}/die`).catch(() => {})
    await fall()
    await vi.waitFor(async () => expect((await launched.ask()).pid).not.toBe(before), GONE)
    const falling = setInterval(() => void fall(), 100)
    expect(await launched.exited.finally(() => clearInterval(falling))).toBe(70)
    expect(launched.output()).toContain('the 6th time within a minute')
  })

  it('forced by a second Ctrl-C, waits for nobody', async () => {
    const launched = await launch({ dataDirectory, env: { STUB_DEAF: '1' } })
    await launched.until('Mesher is running')
    launched.signal('SIGINT')
    launched.signal('SIGINT') // npm passes the terminal's Ctrl-C on: the same keystroke
    await launched.until('Stopping')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(launched.output()).not.toContain('Forced')
    launched.signal('SIGINT')
    expect(await launched.exited).toBe(130)
    expect(postgresIn(dataDirectory)).toEqual([])
  })

  it('says what is wrong and ends with code 1', async () => {
    const wrong = await launch({ dataDirectory, env: { PORT: 'x', HOST: '0.0.0.0' } })
    expect(await wrong.exited).toBe(1)
    expect(wrong.output()).toMatch(/^PORT must be a whole number/m)
    expect(wrong.output()).toMatch(/^MESHER_PUBLIC_URL is needed/m)

    const blocker = net.createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => blocker.once('listening', resolve))
    const PORT = String((blocker.address() as net.AddressInfo).port)
    const blocked = await launch({ dataDirectory, env: { PORT } })
    expect(await blocked.exited).toBe(1)
    expect(blocked.output()).toContain(`Port ${PORT} is in use`)
    blocker.close()

    const unbuilt = await launch({ dataDirectory, env: { MESHER_SERVER_ENTRY: '/nowhere.mjs' } })
    expect(await unbuilt.exited).toBe(1)
    expect(unbuilt.output()).toContain('The server is not built')

    const refused = await launch({
      dataDirectory,
      env: { DATABASE_URL: 'postgresql://me:geheim@127.0.0.1:1/db' },
    })
    await refused.until('does not answer yet')
    expect(refused.output()).not.toContain('geheim')
    refused.signal('SIGINT')
    expect(await refused.exited).toBe(0)
  })

  it('keeps a second launcher off the same data', async () => {
    const first = await launch({ dataDirectory })
    await first.until('Mesher is running')
    const second = await launch({ dataDirectory })
    expect(await second.exited).toBe(1)
    expect(second.output()).toContain(
      `Mesher already runs on the data in ${dataDirectory} (process ${first.pid})`,
    )
    expect((await first.ask()).pid).toBeGreaterThan(0)
  })

  it('prints a one-time link for the first owner when others can reach it, and keeps only its hash', async () => {
    const env = { HOST: '0.0.0.0', MESHER_PUBLIC_URL: 'https://errors.example.org/' }
    const launched = await launch({ dataDirectory, env })
    await launched.until('sign-up#token=')
    const token = /https:\/\/errors\.example\.org\/sign-up#token=(\S+)/.exec(launched.output())![1]!
    const [row] = await query<{ hash: string }>(
      (await launched.ask()).databaseUrl,
      'SELECT first_owner_token_hash AS hash FROM installation',
    )
    expect(row!.hash).toBe(createHash('sha256').update(token).digest('hex'))
  })

  it('survives a first start that was cut off, a lost password file and a number that was reused', async () => {
    fs.mkdirSync(path.join(dataDirectory, 'postgres.new'))
    fs.writeFileSync(path.join(dataDirectory, 'postgres.new', 'half'), '')
    const first = await launch({ dataDirectory })
    await first.until('Mesher is running')
    const { secret } = await first.ask()
    first.signal('SIGINT')
    await first.exited

    fs.rmSync(path.join(dataDirectory, 'postgres.json'))
    fs.writeFileSync(
      path.join(dataDirectory, 'launcher.json'),
      JSON.stringify({ pid: process.pid, start: '1' }),
    )
    fs.writeFileSync(path.join(dataDirectory, 'postgres', 'postmaster.pid'), `${process.pid}\n`)
    const second = await launch({ dataDirectory })
    await second.until('Mesher is running')
    expect((await second.ask()).secret).toBe(secret)
  })

  it('does not touch data of another PostgreSQL', async () => {
    const first = await launch({ dataDirectory })
    await first.until('✓ PostgreSQL')
    first.signal('SIGINT')
    expect(await first.exited).toBe(0)
    fs.writeFileSync(path.join(dataDirectory, 'postgres', 'PG_VERSION'), '17\n')
    const second = await launch({ dataDirectory })
    expect(await second.exited).toBe(1)
    expect(second.output()).toContain('was made by PostgreSQL 17')
  })
})

describe.skipIf(process.platform !== 'linux' || !isRoot)('npm start by root and by others', () => {
  // Any listed account but root and nobody: PostgreSQL wants one that has a name.
  const someone = listedAccount()

  it('runs as an ordinary user, and root later leaves the data to that user', async ({ skip }) => {
    if (!canRunHere(someone)) skip('that user cannot read this checkout')
    const own = makeDataDirectory(someone)
    try {
      const first = await launch({ dataDirectory: own, account: someone })
      await first.until('Mesher is running')
      for (const pid of postgresIn(own)) expect(fs.statSync(`/proc/${pid}`).uid).toBe(someone.uid)
      first.signal('SIGINT')
      expect(await first.exited).toBe(0)

      const asRoot = await launch({ dataDirectory: own })
      await asRoot.until('Mesher is running')
      for (const pid of postgresIn(own)) expect(fs.statSync(`/proc/${pid}`).uid).toBe(someone.uid)
      asRoot.signal('SIGINT')
      expect(await asRoot.exited).toBe(0)
    } finally {
      fs.rmSync(own, { recursive: true, force: true })
    }
  })

  it('by root, PostgreSQL runs as nobody, in a directory only root could enter', async () => {
    fs.chmodSync(dataDirectory, 0o700)
    const launched = await launch({ dataDirectory })
    await launched.until('Mesher is running')
    const pids = postgresIn(dataDirectory)
    expect(pids.length).toBeGreaterThan(0)
    for (const pid of pids) expect(fs.statSync(`/proc/${pid}`).uid).toBe(65_534)
  })

  it('says so when the data belong to somebody else', async ({ skip }) => {
    if (!canRunHere(someone)) skip('that user cannot read this checkout')
    const asRoot = await launch({ dataDirectory })
    await asRoot.until('✓ PostgreSQL')
    asRoot.signal('SIGINT')
    await asRoot.exited
    fs.chownSync(dataDirectory, someone.uid, someone.gid)
    const other = await launch({ dataDirectory, account: someone })
    expect(await other.exited).toBe(1)
    expect(other.output()).toContain('belongs to another account (uid 65534)')
  })
})
