// `npm start`: from a checkout to a running Mesher. Configuration → port → PostgreSQL → migrations → secret → nodes →
// ready; each step opens something that the end closes again, in reverse. Exit code 0 after Ctrl-C, 1 for what the
// operator can put right, 70 when something fell again and again.
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { lastKnownFile } from '#server/runtime/last-known-file.ts'
import { isLoopback, parseConfig, type Config } from '#shared/schemas/config.ts'
import { plural, say, step } from './console.ts'
import { LauncherError } from './launcher-error.ts'
import { startNodes, untilReady } from './nodes.ts'
import { nodeEnvironment } from './node-environment.ts'
import { programVersion, ROOT } from './root.ts'
import { prepareDatabase, type PreparedDatabase } from './prepare-database.ts'

/** Tests put a small server of their own here. */
const ENTRY = process.env.MESHER_SERVER_ENTRY ?? path.join(ROOT, '.output', 'server', 'index.mjs')
const SLOW_START_MS = 60_000
/** npm passes on the Ctrl-C that the terminal has sent to everyone already: two at once are one. */
const SAME_KEYSTROKE_MS = 800

type Closer = (options: { force: boolean }) => Promise<void>

const closers: Closer[] = []
const stopAsked = new AbortController()
let stopAskedAt = 0
/** Settles when there is nothing more to wait for: asked to stop, or something failed for good. */
const end: PromiseWithResolvers<void> = Promise.withResolvers()
end.promise.catch(() => {}) // it may fail before anybody waits for it

function onStopSignal(signal: NodeJS.Signals) {
  if (!stopAskedAt) {
    stopAskedAt = performance.now()
    say('')
    say(signal === 'SIGINT' ? 'Stopping… (Ctrl-C again to force)' : 'Stopping…')
    stopAsked.abort(new Stopped())
    end.resolve()
  } else if (performance.now() - stopAskedAt > SAME_KEYSTROKE_MS) {
    say('Forced: ending everything now')
    void closeAll({ force: true }).finally(() => process.exit(130))
  }
}

async function closeAll(options: { force: boolean }): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop()) {
    await close(options).catch((error: unknown) => console.error(error))
  }
}

/** Resolves when it has been asked to stop, rejects when something cannot go on. */
async function main(): Promise<void> {
  const config = readConfig()
  say('')
  say(`Mesher ${programVersion()}`)
  if (!fs.existsSync(ENTRY)) {
    throw new LauncherError(
      'The server is not built. Run npm start (it builds what is missing), or npm run build.',
    )
  }
  await assertPortIsFree(config)
  const database = await prepareDatabase(config, say, {
    signal: stopAsked.signal,
    onEmbedded: (postgres) => closers.push((options) => postgres.stop(options)),
    nodesCanStartWithout: knowsEnough(config),
  })
  void database.embedded?.failed.then(end.reject)
  void database.later?.then(({ firstOwnerToken }) => {
    if (firstOwnerToken) greet(config, { ...database, firstOwnerToken })
  }, end.reject)
  if (!stopAsked.signal.aborted) await runServer(config, database)
  await end.promise
}

/** Whether an earlier run left what a node needs to accept events while the database is away. */
const knowsEnough = ({ spool, dataDir, databaseUrl }: Config): boolean =>
  spool && databaseUrl !== undefined && fs.existsSync(lastKnownFile(dataDir, databaseUrl))

function readConfig(): Config {
  const parsed = parseConfig(process.env)
  if (parsed.ok) return parsed.config
  throw new LauncherError(parsed.problems.join('\n'))
}

async function assertPortIsFree({ host, port }: Config): Promise<void> {
  const { promise, resolve, reject }: PromiseWithResolvers<void> = Promise.withResolvers()
  const probe = net.createServer()
  probe.once('error', (error: NodeJS.ErrnoException) => reject(unusable(error)))
  probe.listen({ host, port }, () => probe.close(() => resolve()))
  await promise

  function unusable({ code, message }: NodeJS.ErrnoException) {
    if (code === 'EADDRINUSE') {
      return new LauncherError(
        `Port ${port} is in use. Stop what uses it, or choose another: PORT=${port + 1} npm start`,
      )
    }
    if (code === 'EACCES') return new LauncherError(`Port ${port} needs more rights. Choose one above 1023.`)
    return new LauncherError(`Mesher cannot listen on HOST ${host}, PORT ${port}: ${message}`)
  }
}

/** Resolves when the server is ready, or has been stopped before it was. */
async function runServer(config: Config, database: PreparedDatabase): Promise<void> {
  const nodes = startNodes({
    entry: ENTRY,
    count: config.processes,
    env: nodeEnvironment(config, database),
    drainMs: config.drainMs,
    say,
  })
  closers.push(async ({ force }) => (force ? nodes.kill() : nodes.stop()))
  void nodes.failed.then(end.reject)
  const slow = setTimeout(() => say('… the server is not ready after a minute; still waiting'), SLOW_START_MS)
  const givenUp = new AbortController()
  const ready = step(
    'Starting the server',
    () => untilReady(localAddress(config), { signal: givenUp.signal }),
    () =>
      `Server ready${config.processes > 1 ? `, ${plural(config.processes, 'process', 'processes')}` : ''}`,
  )
  ready.catch(() => {}) // its end is decided below
  try {
    await Promise.race([ready, end.promise])
    if (!stopAsked.signal.aborted) greet(config, database)
  } finally {
    givenUp.abort(new Stopped())
    clearTimeout(slow)
  }
}

class Stopped extends Error {}

function localAddress({ host, port }: Config): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

function greet(config: Config, { firstOwnerToken, embedded }: PreparedDatabase): void {
  const here =
    isLoopback(config.host) && isLoopback(new URL(config.publicUrl).hostname.replace(/^\[|\]$/g, ''))
  say('')
  say(`Mesher is running: ${config.publicUrl}`)
  say('')
  if (firstOwnerToken && here) {
    say('Open it and sign up: the first account owns this installation.')
  } else if (firstOwnerToken) {
    say('The first account owns this installation. Sign up with this link; it is valid until the next start:')
    say(`${config.publicUrl}/sign-up#token=${firstOwnerToken}`)
  }
  if (embedded) say(`Data: ${path.resolve(config.dataDir)} (kept)`)
  say('Stop: Ctrl-C')
  say('')
}

process.on('SIGINT', onStopSignal)
process.on('SIGTERM', onStopSignal)
process.on('SIGHUP', onStopSignal)

let exitCode = 0
try {
  await main()
} catch (error) {
  // What fails because it was asked to stop is no failure.
  if (!stopAsked.signal.aborted) {
    exitCode = error instanceof LauncherError ? error.exitCode : 1
    console.error(error instanceof LauncherError ? `\n${error.message}\n` : error)
  }
}
await closeAll({ force: false })
if (stopAsked.signal.aborted) say('Stopped.')
process.exit(exitCode)
