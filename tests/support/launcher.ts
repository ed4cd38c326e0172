// `npm start` without npm, on a data directory of its own, with a stub for the built server.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { vi } from 'vitest'
import { freePort } from './server.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const START = path.join(ROOT, 'launcher', 'start.ts')
const STUB = path.join(import.meta.dirname, 'stub-server.mjs')

export interface Launched {
  pid: number
  url: string
  output(): string
  /** Waits until the text was written, or fails with all that was written instead. */
  until(text: string | RegExp, timeoutMs?: number): Promise<void>
  signal(signal: NodeJS.Signals): void
  exited: Promise<number | null>
  /** What the stub says about itself. */
  ask(): Promise<{ pid: number; databaseUrl: string; secret: string }>
}

export interface LaunchOptions {
  dataDirectory: string
  env?: Record<string, string>
  account?: { uid: number; gid: number }
}

export async function launch({ dataDirectory, env = {}, account }: LaunchOptions): Promise<Launched> {
  const port = env.PORT ?? String(await freePort())
  const child = spawn(process.execPath, [START], {
    ...account,
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: dataDirectory,
      MESHER_DATA_DIR: dataDirectory,
      MESHER_SERVER_ENTRY: STUB,
      PORT: port,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let written = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk
    })
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  running.add({ signal: (signal) => child.kill(signal), exited })
  const url = `http://127.0.0.1:${port}`
  return {
    pid: child.pid!,
    url,
    output: () => written,
    until: (text, timeout = 30_000) =>
      vi.waitFor(
        () => {
          const found = typeof text === 'string' ? written.includes(text) : text.test(written)
          if (!found) throw new Error(`the launcher did not write ${text}, but:\n${written}`)
        },
        { timeout, interval: 20 },
      ),
    signal: (signal) => child.kill(signal),
    exited,
    ask: async () => (await fetch(url)).json() as ReturnType<Launched['ask']>,
  }
}

const running = new Set<{ signal(signal: NodeJS.Signals): void; exited: Promise<unknown> }>()

/** For afterEach: nothing outlives its test. Politely first, so that nothing is left in /tmp either. */
export async function endAllLaunched(): Promise<void> {
  for (const { signal, exited } of running) {
    signal('SIGTERM')
    const late = setTimeout(() => signal('SIGKILL'), 20_000)
    await exited
    clearTimeout(late)
  }
  running.clear()
}

export function makeDataDirectory(account?: { uid: number; gid: number }): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-launcher-'))
  if (account) fs.chownSync(directory, account.uid, account.gid)
  return directory
}

/** Processes of PostgreSQL that work in this data directory. */
export function postgresIn(dataDirectory: string): number[] {
  const directory = path.join(fs.realpathSync(dataDirectory), 'postgres')
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return fs.readlinkSync(`/proc/${pid}/cwd`) === directory
      } catch {
        return false
      }
    })
}
