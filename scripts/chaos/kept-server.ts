// The built server on one port and one data directory, brought back whenever it ends, as the launcher does. It knows
// which ends were asked for: any other is a finding.
import { spawn, type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { DEFAULT_ENTRY, endWithThisProcess, NODE_FLAGS } from '../../bench/app.ts'
import { residentBytes } from '../../bench/processes.ts'
import { nodeEnvironment } from '../../launcher/node-environment.ts'
import { statusOf } from '../../launcher/nodes.ts'
import { until } from '../../tests/support/until.ts'

export interface KeptServerOptions {
  port: number
  /** Its spool lies in it, and what it writes: `server.log`. */
  directory: string
  database: { url: string; secret: string }
  env?: Record<string, string>
}

export interface MemorySample {
  /** `Date.now()` */
  at: number
  bytes: number
  /** Of the process, which is a young one after a restart. */
  ageMs: number
}

const RESTART_MS = 200
const LISTENING_MS = 30_000
/** A node gives itself 10 s to stop. */
const STOP_MS = 12_000
const SAMPLE_MS = 1_000

export class KeptServer {
  readonly url: string
  readonly port: number
  readonly logFile: string
  readonly memory: MemorySample[] = []
  /** Ends that nobody asked for, and stops that were not clean: each with its time. */
  readonly findings: string[] = []
  readonly #options: KeptServerOptions
  #running!: { child: ChildProcess; exited: Promise<void>; startedAt: number }
  #asked: 'SIGKILL' | 'SIGTERM' | undefined
  #closing = false
  #sampler: NodeJS.Timeout

  constructor(options: KeptServerOptions) {
    this.#options = options
    this.port = options.port
    this.url = `http://127.0.0.1:${options.port}`
    this.logFile = path.join(options.directory, 'server.log')
    this.#start()
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  /** Until it takes connections; PostgreSQL may be away. */
  untilListening(): Promise<void> {
    return until(async () => (await statusOf(`${this.url}/api/v1/system/health`)) === 200, LISTENING_MS)
  }

  untilReady(withinMs: number): Promise<void> {
    return until(async () => (await statusOf(`${this.url}/api/v1/system/ready`)) === 200, withinMs)
  }

  freeze(): void {
    this.#running.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#running.child.kill('SIGCONT')
  }

  /** Ends it; resolves when the next one listens. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.#stop(signal)
    await this.untilListening()
  }

  /** For good. */
  async close(): Promise<void> {
    this.#closing = true
    clearInterval(this.#sampler)
    this.thaw()
    await this.#stop('SIGTERM')
  }

  async #stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child, exited } = this.#running
    // It fell a moment ago, and the next one is not there yet.
    if (child.exitCode !== null || child.signalCode !== null) return
    this.#asked = signal
    child.kill(signal)
    const late = setTimeout(() => {
      this.#find(`did not stop within ${STOP_MS / 1_000} s of ${signal}`)
      this.#asked = 'SIGKILL'
      child.kill('SIGKILL')
    }, STOP_MS)
    await exited
    clearTimeout(late)
  }

  #start(): void {
    const { port, directory, database, env } = this.#options
    const log = fs.openSync(this.logFile, 'a')
    const child = spawn(process.execPath, [...NODE_FLAGS, DEFAULT_ENTRY], {
      env: {
        PATH: process.env.PATH,
        ...nodeEnvironment({ host: '127.0.0.1', port }, database),
        MESHER_DATA_DIR: directory,
        MESHER_FAULTS: '1',
        ...env,
      },
      stdio: ['ignore', log, log],
    })
    fs.closeSync(log)
    const watchdog = endWithThisProcess(child.pid!)
    const exited = new Promise<void>((resolve) =>
      child.once('exit', (code, signal) => {
        watchdog.kill('SIGKILL')
        this.#ended(code, signal)
        resolve()
      }),
    )
    this.#running = { child, exited, startedAt: Date.now() }
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal ? `by ${signal}` : `with code ${code}`
    if (this.#asked === undefined) this.#find(`ended ${how}, and nobody had asked it to`)
    else if (this.#asked === 'SIGTERM' && code !== 0) this.#find(`was asked to stop and ended ${how}`)
    this.#asked = undefined
    if (!this.#closing) setTimeout(() => this.#closing || this.#start(), RESTART_MS)
  }

  #find(what: string): void {
    this.findings.push(`${new Date().toISOString()} the server ${what}`)
  }

  #sample(): void {
    const { child, startedAt } = this.#running
    const bytes = child.exitCode === null && child.pid ? residentBytes(child.pid) : null
    if (bytes !== null) this.memory.push({ at: Date.now(), bytes, ageMs: Date.now() - startedAt })
  }
}
