import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'

/** Repeats a job; a failure is a crash, and the supervisor's backoff is the retry. */
export function recurring(id: string, everyMs: number, job: () => Promise<void>): ChildSpec {
  return {
    id,
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      while (!signal.aborted) {
        await job()
        ready()
        await pause(everyMs, signal)
      }
    },
  }
}
