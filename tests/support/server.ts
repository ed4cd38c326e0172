// The built server as a process of its own, as the launcher starts it: what integration and end-to-end tests talk to.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeEnvironment } from '../../launcher/node-environment.ts'
import { statusOf } from '../../launcher/nodes.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const ENTRY = path.join(ROOT, '.output', 'server', 'index.mjs')
const NODE = path.join(ROOT, 'node_modules', '.bin', 'node')
/** The same for all servers of a test: several on one database must agree, as the launcher's do. */
export const TEST_SECRET = 'a-secret-for-tests-only-0123456789abcdef'
const READY_MS = 30_000
const STOP_MS = 15_000

export interface ServerOptions {
  databaseUrl: string
  env?: Record<string, string>
  port?: number
  entry?: string
}

export interface TestServer {
  url: string
  port: number
  pid: number
  /** Everything it has written so far. */
  logs(): string
  /** Asks it to stop, as the launcher does, and answers its exit code. */
  stop(): Promise<number | null>
  kill(signal: NodeJS.Signals): Promise<void>
  /** Resolves when the process is gone, with its exit code. */
  exited: Promise<number | null>
}

export async function startServer(options: ServerOptions): Promise<TestServer> {
  const entry = options.entry ?? ENTRY
  if (!fs.existsSync(entry)) throw new Error(`${entry} is missing: npm run build`)
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  // Of its own: the spool of another test's server is not to be found in it.
  const dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-node-'))
  const child = spawn(NODE, ['--enable-source-maps', entry], {
    cwd: ROOT,
    env: {
      ...environmentWithoutRunner(),
      ...nodeEnvironment({ host: '127.0.0.1', port }, { url: options.databaseUrl, secret: TEST_SECRET }),
      MESHER_DATA_DIR: dataDirectory,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let written = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk
    })
  }
  const watchdog = endWithThisProcess(child.pid!)
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      watchdog.kill('SIGKILL')
      fs.rmSync(dataDirectory, { recursive: true, force: true })
      resolve(code)
    })
  })
  let gone = false
  void exited.then(() => {
    gone = true
  })
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await exited
  }

  const deadline = Date.now() + READY_MS
  while ((await statusOf(`${url}/api/v1/system/ready`)) !== 200) {
    if (!gone && Date.now() < deadline) {
      await sleep(20)
      continue
    }
    await kill('SIGKILL')
    throw new Error(`the server ${gone ? 'ended' : 'was not ready'}; it wrote:\n${written}`)
  }
  return {
    url,
    port,
    pid: child.pid!,
    logs: () => written,
    exited,
    kill,
    async stop() {
      child.kill('SIGTERM')
      const late = AbortSignal.timeout(STOP_MS)
      late.addEventListener('abort', () => child.kill('SIGKILL'))
      return exited
    },
  }
}

/** A test runner that dies, even by SIGKILL, closes the pipe; the server goes with it. */
function endWithThisProcess(pid: number) {
  const watchdog = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -9 "$0"', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watchdog.unref()
  watchdog.stdin.on('error', () => {})
  return watchdog
}

function environmentWithoutRunner(): NodeJS.ProcessEnv {
  const own = /^(VITEST|VITE_|TEST|NODE_OPTIONS|NODE_V8_COVERAGE|MESHER_|NITRO_|TEST_WORKER)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
}

export async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
