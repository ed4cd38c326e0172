// Runs the built server as one or more processes that share a port, and brings back those that fall: quickly at first,
// then slower, and not for ever (the same restart budget as inside a node). Each process drains itself on SIGTERM. What
// they ask each other goes round by relay.ts; one that comes back is told how the one before it ended.
import cluster, { type Worker } from 'node:cluster'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from '#server/runtime/backoff.ts'
import { restartBudget } from '#server/runtime/restart-budget.ts'
import type { Say } from './console.ts'
import { LauncherError } from './launcher-error.ts'
import { createRelay } from './relay.ts'

export interface NodesOptions {
  entry: string
  count: number
  env: Record<string, string>
  say: Say
  /** How long nodes serve on before they stop. */
  drainMs?: number
}

export interface Nodes {
  /** Resolves when they fell too often. */
  failed: Promise<Error>
  stop(): Promise<void>
  kill(): void
}

export const MAX_RESTARTS = 5
const RESTART_WINDOW_MS = 60_000
const BACKOFF = { initialMs: 200, maxMs: 5_000 }
/** A node gives itself 10 s to finish; what is left after that is ended. */
const FINISH_MS = 11_000
// A node refuses work long before this (one memory budget for all bodies); it only bounds a runaway.
const NODE_FLAGS = ['--max-old-space-size=1024', '--enable-source-maps']

export function startNodes({ entry, count, env, say, drainMs = 0 }: NodesOptions): Nodes {
  const failed = Promise.withResolvers<Error>()
  const budget = restartBudget(MAX_RESTARTS, RESTART_WINDOW_MS, () => performance.now())
  const workers = new Map<Worker, number>()
  const histories = Array.from({ length: count }, () => ({
    restarts: 0,
    lastExit: null as { how: string; at: string } | null,
  }))
  const relay = createRelay(() =>
    histories.map((history, index) => ({ index, ...history, ...lineTo(index) })),
  )
  let stopping = false
  const stopMs = FINISH_MS + drainMs

  function lineTo(index: number) {
    const [worker] = [...workers].find(([candidate, at]) => at === index && candidate.isConnected()) ?? []
    if (!worker) return { pid: null, send: null }
    // One that goes away in this moment does not answer; its exit says the rest.
    const send = (message: object) => void worker.send(message, undefined, undefined, () => {})
    return { pid: worker.process.pid ?? null, send }
  }

  // Alone, a node takes its connections itself; several take turns.
  cluster.schedulingPolicy = count === 1 ? cluster.SCHED_NONE : cluster.SCHED_RR
  cluster.setupPrimary({
    exec: entry,
    execArgv: NODE_FLAGS,
    args: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })

  function start(index: number) {
    const { lastExit } = histories[index]!
    const worker = cluster.fork({
      ...env,
      MESHER_NODE_INDEX: String(index),
      ...(lastExit ? { MESHER_LAST_EXIT: lastExit.how } : {}),
    })
    workers.set(worker, index)
    forwardOutput(worker)
    worker.on('message', (message: unknown) => relay.heard(index, message))
    worker.on('error', () => {}) // its exit says more
  }

  cluster.on('exit', (worker, code, signal) => {
    const index = workers.get(worker)
    workers.delete(worker)
    if (index === undefined || stopping) return
    const how = signal ? `was ended by ${signal}` : `ended with code ${code}`
    const history = histories[index]!
    history.restarts++
    history.lastExit = { how, at: new Date().toISOString() }
    if (!budget.spend()) {
      failed.resolve(
        new LauncherError(
          `The server ${how}; that was the ${MAX_RESTARTS + 1}th time within a minute, so something is wrong for good. ` +
            'Its last words are above.',
          { exitCode: 70 },
        ),
      )
      return
    }
    const delayMs = backoffMs(BACKOFF, budget.recent(), Math.random)
    say(`Server process ${index + 1} ${how}; starting it again in ${delayMs} ms`)
    setTimeout(() => {
      if (!stopping) start(index)
    }, delayMs)
  })

  for (let index = 0; index < count; index++) start(index)

  return {
    failed: failed.promise,
    async stop() {
      stopping = true
      const all = [...workers.keys()]
      const gone = Promise.all(all.map((worker) => exitOf(worker)))
      for (const worker of all) worker.process.kill('SIGTERM')
      const late = await Promise.race([gone.then(() => false), sleep(stopMs, true, { ref: false })])
      if (!late) return
      say(`A server process did not stop within ${stopMs / 1000} s and is ended`)
      for (const worker of all) worker.process.kill('SIGKILL')
      await gone
    },
    kill() {
      stopping = true
      for (const worker of workers.keys()) worker.process.kill('SIGKILL')
    },
  }
}

function exitOf(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.isDead()) resolve()
    else worker.once('exit', () => resolve())
  })
}

/** The framework's own greeting is left out: the launcher says the address when the server is ready. */
function forwardOutput({ process: child }: Worker): void {
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      if (!line.startsWith('Listening on http')) process.stdout.write(`${line}\n`)
    }
  })
}

/** Waits until a node says that it can work; as long as it takes, unless `signal` ends it. */
export async function untilReady(url: string, { signal }: { signal: AbortSignal }): Promise<void> {
  while (!signal.aborted) {
    if ((await statusOf(`${url}/api/v1/system/ready`)) === 200) return
    await sleep(50)
  }
  throw signal.reason
}

export function statusOf(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: 5_000 }, (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    })
    request.on('error', () => resolve(null))
    request.on('timeout', () => request.destroy())
  })
}
