// The image, as far as it can be tried without Docker: each step of the Dockerfile in a scratch folder, then the result
// started as its account, with its environment, by its own commands. And the compose file and the systemd unit.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { CONFIG_VARIABLES } from '#shared/schemas/config.ts'
import { createTestDatabase } from '../../support/database.ts'
import { all, environmentOf, readDockerfile, type Stage } from '../../support/dockerfile.ts'
import { freePort } from '../../support/server.ts'
import { until } from '../../support/until.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const read = (name: string) => fs.readFileSync(path.join(ROOT, name), 'utf8')
const stages = readDockerfile(read('Dockerfile'))
const [build, runtime] = stages as [Stage, Stage]
/** Without rights, as `node` is in the image. */
const ACCOUNT = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined

let scratch: string
const inScratch = (...parts: string[]) => path.join(scratch, ...parts)
/** Where an absolute path of the image is here. */
const here = (text: string) =>
  text.replaceAll(
    /(^|[\s"=])\/(app|data|backups|src|usr\/local\/bin)\b/g,
    (_, before: string, name: string) => `${before}${inScratch(name)}`,
  )

beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-image-'))
  fs.chmodSync(scratch, 0o755)
  fs.mkdirSync(inScratch('usr/local/bin'), { recursive: true })
  copyContext(inScratch('src'))
  for (const { name, text } of [...build.instructions, ...runtime.instructions]) {
    if (name === 'RUN') runStep(text)
    // What is copied within the build is the context, which is there; from it, it was made in place.
    if (name === 'COPY') assertCopied(text)
  }
}, 120_000)
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }))

/** What Docker would be sent: everything but what .dockerignore names. */
function copyContext(target: string) {
  const ignored = read('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
  const isIgnored = (name: string) =>
    ignored.some((pattern) =>
      pattern.startsWith('*')
        ? name.endsWith(pattern.slice(1))
        : name === pattern || name.startsWith(`${pattern}/`),
    )
  fs.cpSync(ROOT, target, {
    recursive: true,
    filter: (source) => !isIgnored(path.relative(ROOT, source)),
  })
  for (const needed of ['package-lock.json', 'nuxt.config.ts', 'prisma/schema.prisma', 'scripts/setup.mjs'])
    expect(fs.existsSync(path.join(target, needed))).toBe(true)
  for (const kept of ['node_modules', '.git', '.data', '.output', 'tests', '.env'])
    expect(fs.existsSync(path.join(target, kept))).toBe(false)
}

function assertCopied(text: string) {
  const from = /^--from=(\S+) (\S+) \S+$/.exec(text)
  if (from) {
    expect(from[1]).toBe(build.name)
    expect(fs.existsSync(here(from[2]!))).toBe(true)
    return
  }
  for (const source of text.split(' ').slice(0, -1))
    expect(fs.existsSync(inScratch('src', source))).toBe(true)
}

function runStep(text: string) {
  if (text.startsWith('npm ci')) {
    // Needs the network and minutes; what it makes, and what the build makes of exactly these sources, is here already.
    // The set-up that follows would build again, did a source miss in the context.
    fs.symlinkSync(path.join(ROOT, 'node_modules'), inScratch('src/node_modules'))
    // Through that link, another installation would empty the checkout's own.
    fs.writeFileSync(
      inScratch('usr/local/bin/npm'),
      '#!/bin/sh\necho "npm is not to be run here" >&2\nexit 1\n',
      { mode: 0o755 },
    )
    for (const made of ['.output', '.nuxt', 'server/storage/generated'])
      fs.cpSync(path.join(ROOT, made), inScratch('src', made), { recursive: true })
    return
  }
  const account = ACCOUNT ? `-o ${ACCOUNT.uid} -g ${ACCOUNT.gid}` : ''
  const ran = spawnSync('/bin/sh', ['-c', here(text.replace('-o node -g node', account))], {
    cwd: inScratch('src'),
    env: { PATH: `${inScratch('usr/local/bin')}:${path.dirname(process.execPath)}:${process.env.PATH}` },
    encoding: 'utf8',
  })
  expect({ text, status: ran.status, stderr: ran.stderr }).toEqual({ text, status: 0, stderr: '' })
  if (text.includes('setup.mjs')) expect(ran.stdout).toBe('')
}

const started: { kill(signal: NodeJS.Signals): boolean; exited: Promise<number | null> }[] = []
afterEach(async () => {
  for (const { kill, exited } of started.splice(0)) {
    kill('SIGKILL')
    await exited
  }
})

/** Starts what CMD says, as the image would. */
async function start(env: Record<string, string>) {
  const port = String(await freePort())
  const [program, ...args] = JSON.parse(all(runtime, 'CMD')[0]!) as [string, ...string[]]
  expect(program).toBe('node')
  const environment = {
    PATH: process.env.PATH!,
    HOME: '/nonexistent',
    ...Object.fromEntries(Object.entries(environmentOf(runtime)).map(([name, value]) => [name, here(value)])),
    PORT: port,
    ...env,
  }
  const child = spawn(process.execPath, args, {
    ...ACCOUNT,
    cwd: here(all(runtime, 'WORKDIR')[0]!),
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  started.push({ kill: (signal) => child.kill(signal), exited })
  return { child, exited, environment, output: () => output, url: `http://127.0.0.1:${port}` }
}

function inImage(args: string[], environment: Record<string, string>) {
  return spawnSync(process.execPath, args, {
    ...ACCOUNT,
    cwd: inScratch('app'),
    env: environment,
    encoding: 'utf8',
  })
}

function healthy(environment: Record<string, string>): boolean {
  const [, command] = /CMD (\[.*\])$/.exec(all(runtime, 'HEALTHCHECK')[0]!) ?? []
  const [program, ...args] = JSON.parse(command!) as string[]
  expect(program).toBe('node')
  return inImage(args, environment).status === 0
}

describe.skipIf(process.platform !== 'linux')('the image', () => {
  it('OPS-05: runs as an account without rights, and holds what it needs and no more', () => {
    expect(all(runtime, 'USER')).toEqual(['node'])
    expect(all(runtime, 'STOPSIGNAL')).toEqual(['SIGTERM'])
    expect(runtime.base).toBe(build.base)
    expect(fs.readdirSync(inScratch('app')).sort()).toEqual(
      ['.output', 'LICENSE', 'dist', 'mesher', 'node_modules', 'package.json', 'prisma'].sort(),
    )
    for (const entry of fs.readdirSync(inScratch('app'), { recursive: true, encoding: 'utf8' })) {
      const stat = fs.lstatSync(inScratch('app', entry))
      if (!stat.isSymbolicLink()) expect([entry, stat.mode & 0o022]).toEqual([entry, 0])
    }
    expect(fs.statSync(inScratch('data')).mode & 0o777).toBe(0o700)
  })

  it('OPS-05: refuses to start without an address, in one line', async () => {
    const { exited, output } = await start({})
    expect(await exited).toBe(1)
    expect(output()).toContain('MESHER_PUBLIC_URL is needed')
  })

  it('OPS-05: starts with a PostgreSQL of its own, says that it is well, and stops in good order', async () => {
    const server = await start({ MESHER_PUBLIC_URL: 'http://errors.example.org' })
    await until(() => server.output().includes('Mesher is running'), 60_000)
    expect(healthy(server.environment)).toBe(true)
    const mesher = (...args: string[]) =>
      spawnSync(inScratch('usr/local/bin/mesher'), args, {
        ...ACCOUNT,
        env: { ...server.environment, PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` },
        encoding: 'utf8',
      })
    const made = mesher('user', 'create', '--email', 'ada@example.org', '--name', 'Ada', '--json')
    expect(made).toMatchObject({ status: 0, stderr: '' })
    const saved = mesher('backup', inScratch('backups'), '--json')
    expect(saved).toMatchObject({ status: 0, stderr: '' })
    const doctor = mesher('doctor', '--json')
    const findings = (JSON.parse(doctor.stdout) as { findings: { check: string; state: string }[] }).findings
    expect(findings.filter(({ state, check }) => state === 'bad' && check !== 'disk')).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'server',
        'PostgreSQL',
        'migrations',
        'partitions',
        'clock',
        'indexes',
        'spool',
      ]),
    )
    server.child.kill('SIGTERM')
    expect(await server.exited).toBe(0)
    expect(server.output()).toContain('Stopped.')
    expect(server.output()).not.toContain('did not stop within')
    expect(healthy(server.environment)).toBe(false)
  }, 120_000)

  it('OPS-05: starts on an outside PostgreSQL', async () => {
    const database = await createTestDatabase({ empty: true })
    const server = await start({
      MESHER_PUBLIC_URL: 'http://errors.example.org',
      DATABASE_URL: database.url,
      MESHER_DATA_DIR: inScratch('data', 'outside'),
    })
    await until(() => server.output().includes('Mesher is running'), 60_000)
    expect(server.output()).toContain('Database migrated')
    expect(healthy(server.environment)).toBe(true)
    server.child.kill('SIGTERM')
    expect(await server.exited).toBe(0)
    await database.drop()
  }, 120_000)
})

describe('the compose file', () => {
  interface Service {
    environment: Record<string, string>
    volumes?: string[]
    depends_on?: Record<string, { condition: string }>
    [key: string]: unknown
  }
  const compose = parse(read('docker-compose.yml')) as {
    services: Record<string, Service>
    volumes: Record<string, unknown>
  }
  const { mesher, postgres } = compose.services as { mesher: Service; postgres: Service }

  it('OPS-05: brings both together by names that exist', () => {
    expect(Object.keys(mesher.environment).filter((name) => !CONFIG_VARIABLES.includes(name))).toEqual([])
    const url = new URL(mesher.environment.DATABASE_URL!.replace(/\$\{\w+\}/, 'secret'))
    expect([url.hostname, url.username, url.pathname.slice(1)]).toEqual([
      'postgres',
      postgres.environment.POSTGRES_USER,
      postgres.environment.POSTGRES_DB,
    ])
    expect(mesher.depends_on).toEqual({ postgres: { condition: 'service_healthy' } })
    expect(postgres.healthcheck).toBeDefined()
    const mounted = [...mesher.volumes!, ...postgres.volumes!].map((mount) => mount.split(':'))
    expect(mounted.map(([name]) => name).filter((name) => !(name! in compose.volumes))).toEqual([])
    const inMesher = mesher.volumes!.map((mount) => mount.split(':')[1])
    expect(inMesher).toContain(environmentOf(runtime).MESHER_DATA_DIR)
    expect(mesher).toMatchObject({ read_only: true, cap_drop: ['ALL'], init: true })
  })

  it('OPS-05: has no secret in it, and no port for everybody', () => {
    expect(postgres.environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/)
    expect(postgres.ports).toBeUndefined()
    expect(mesher.ports).toEqual(['127.0.0.1:3000:3000'])
  })
})

describe('the systemd unit', () => {
  it('OPS-05: starts what a package has, with variables that exist', () => {
    const unit = read('deploy/mesher.service')
    const program = /^ExecStart=\/usr\/bin\/node \/opt\/mesher\/(\S+)$/m.exec(unit)
    expect(fs.existsSync(inScratch('app', program![1]!))).toBe(true)
    const variables = [...read('deploy/mesher.env').matchAll(/^#? ?([A-Z_]+)=/gm)].map((match) => match[1]!)
    expect(variables.filter((name) => !CONFIG_VARIABLES.includes(name))).toEqual([])
  })

  it.skipIf(spawnSync('systemd-analyze', ['--version']).error)('OPS-05: is understood by systemd', () => {
    const file = inScratch('mesher.service')
    fs.writeFileSync(file, read('deploy/mesher.service').replace('/usr/bin/node', process.execPath))
    const ran = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    expect({ status: ran.status, said: ran.stderr }).toEqual({ status: 0, said: '' })
  })
})
