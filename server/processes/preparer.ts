// A thread that prepares events, as a supervised process: started, joined to the preparers, and started again when it
// falls. What it had in hand then is prepared in this thread, so that a fall costs nobody an event.
import { Worker } from 'node:worker_threads'
import type { Preparers } from '#server/pipeline/preparers.ts'
import { Shutdown, type ChildSpec } from '#server/runtime/supervisor.ts'

export interface PreparerDeps {
  preparers: Preparers
  /** The thread's program: server/preparer-thread.ts, or what the build made of it. */
  program: URL
  userSalt: Buffer
}

/**
 * Bodies are 20 MiB at most and bounded together (the node's one budget): a thread that needs more than this does not
 * let go of memory. The young generation is small because what is prepared is gone at once.
 */
const RESOURCES = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 24 }

export const preparer = (id: string, deps: PreparerDeps): ChildSpec => ({
  id,
  restart: 'permanent',
  shutdownMs: 3_000,
  async start({ signal, ready }) {
    const thread = new Worker(deps.program, {
      name: id,
      workerData: { userSalt: Uint8Array.from(deps.userSalt) },
      resourceLimits: RESOURCES,
      // Flags of the process, such as its memory's bound, are not a thread's; a profile of it is.
      execArgv: process.execArgv.filter(
        (flag) => flag.startsWith('--cpu-prof') || flag === '--enable-source-maps',
      ),
    })
    try {
      const fallen = Promise.withResolvers<never>()
      fallen.promise.catch(() => {}) // awaited below, unless it is stopped first
      thread.once('error', fallen.reject)
      thread.once('exit', (code) => fallen.reject(new Error(`The thread ended with code ${code}`)))
      const stopped = new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([new Promise((resolve) => thread.once('message', resolve)), fallen.promise, stopped])
      if (signal.aborted) return
      const attached = deps.preparers.attach(thread)
      ready()
      try {
        await Promise.race([stopped, fallen.promise])
        if (signal.reason instanceof Shutdown) await Promise.race([attached.drain(), fallen.promise])
      } finally {
        attached.detach()
      }
      if (!(signal.reason instanceof Shutdown)) throw signal.reason
    } finally {
      await thread.terminate()
    }
  },
})
