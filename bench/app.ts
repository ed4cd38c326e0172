// The built server as its launcher starts it, one process; and how it is doing.
import { spawn } from 'node:child_process'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeEnvironment } from '../launcher/node-environment.ts'
import { statusOf } from '../launcher/nodes.ts'

const ROOT = path.join(import.meta.dirname, '..')
export const DEFAULT_ENTRY = path.join(ROOT, '.output', 'server', 'index.mjs')
/** As the launcher's nodes.ts has them. */
export const NODE_FLAGS = ['--max-old-space-size=1024', '--enable-source-maps']
const READY_MS = 60_000
const POLL_MS = 5
const STOP_MS = 15_000

export interface App {
  port: number
  pid: number
  /** From spawn to the first 200 of `/api/v1/system/ready`. */
  startMs: number
  stop(): Promise<void>
}

/** @param profile directory for a CPU profile of the whole life of the server */
export async function startApp(
  entry: string,
  database: { url: string; secret: string },
  profile: string | null = null,
): Promise<App> {
  const port = await freePort()
  const began = performance.now()
  const child = spawn(
    process.execPath,
    [...NODE_FLAGS, ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []), entry],
    {
      env: {
        PATH: process.env.PATH,
        ...nodeEnvironment({ host: '127.0.0.1', port }, database),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const watchdog = endWithThisProcess(child.pid!)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  void exited.then(() => watchdog.kill('SIGKILL'))
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(late)
  }
  while ((await statusOf(`http://127.0.0.1:${port}/api/v1/system/ready`)) !== 200) {
    if (child.exitCode !== null || performance.now() - began > READY_MS) {
      await stop()
      throw new Error(`The server in ${entry} did not become ready.`)
    }
    await sleep(POLL_MS)
  }
  return { port, pid: child.pid!, startMs: performance.now() - began, stop }
}

/** A program that is killed closes the pipe; the server it started goes with it. */
export function endWithThisProcess(pid: number) {
  const watchdog = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -9 "$0"', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watchdog.unref()
  watchdog.stdin.on('error', () => {})
  return watchdog
}

export async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
