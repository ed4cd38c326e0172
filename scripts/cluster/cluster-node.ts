// One node of the cluster that is being tried out: a process with a port, a data directory and a place in the mesh of
// its own, brought back when it falls.
import { spawn, type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endWithThisProcess, NODE_FLAGS } from '../../bench/app.ts'
import { nodeEnvironment } from '../../launcher/node-environment.ts'
import { statusOf } from '../../launcher/nodes.ts'
import { backoffMs } from '#server/runtime/backoff.ts'
import { restartBudget } from '#server/runtime/restart-budget.ts'

export interface ClusterNodeOptions {
  name: string
  entry: string
  port: number
  /** Its spool lies in it, and what it writes: `server.log`. */
  directory: string
  database: { url: string; secret: string }
  env: Record<string, string | undefined>
  say(line: string): void
  /** It fell too often. */
  onExhausted(error: Error): void
}

const MAX_RESTARTS = 5
const WINDOW_MS = 60_000
const BACKOFF = { initialMs: 200, maxMs: 5_000 }
const READY_MS = 60_000
const STOP_MS = 12_000

export class ClusterNode {
  readonly port: number
  readonly #o: ClusterNodeOptions
  readonly #budget = restartBudget(MAX_RESTARTS, WINDOW_MS, () => performance.now())
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #stopping = false

  constructor(options: ClusterNodeOptions) {
    this.#o = options
    this.port = options.port
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    this.#stopping = false
    this.#spawn()
    const deadline = performance.now() + READY_MS
    while ((await statusOf(`http://127.0.0.1:${this.port}/api/v1/system/ready`)) !== 200) {
      if (performance.now() > deadline) throw new Error(`${this.#o.name} was not ready in time`)
      await sleep(50)
    }
  }

  /** In good order, or after 12 s by force. */
  async stop(): Promise<void> {
    this.#stopping = true
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await this.#exited
    clearTimeout(late)
  }

  #spawn(): void {
    const { entry, directory, database, env, port } = this.#o
    fs.mkdirSync(directory, { recursive: true })
    const log = fs.openSync(path.join(directory, 'server.log'), 'a')
    const child = spawn(process.execPath, [...NODE_FLAGS, entry], {
      env: {
        ...process.env,
        ...nodeEnvironment({ host: '127.0.0.1', port }, database),
        MESHER_DATA_DIR: directory,
        ...env,
      },
      stdio: ['ignore', log, log],
    })
    fs.closeSync(log)
    const watchdog = endWithThisProcess(child.pid!)
    this.#child = child
    this.#exited = new Promise((resolve) =>
      child.once('exit', (code, signal) => {
        watchdog.kill('SIGKILL')
        resolve()
        if (!this.#stopping) this.#bringBack(signal ? `was ended by ${signal}` : `ended with code ${code}`)
      }),
    )
  }

  #bringBack(how: string): void {
    const { name, say, onExhausted } = this.#o
    if (!this.#budget.spend())
      return onExhausted(new Error(`${name} ${how}, for the ${MAX_RESTARTS + 1}th time in a minute`))
    const delayMs = backoffMs(BACKOFF, this.#budget.recent(), Math.random)
    say(`${name} ${how}; starting it again in ${Math.round(delayMs)} ms`)
    setTimeout(() => this.#stopping || this.#spawn(), delayMs)
  }
}
