import { setTimeout as delay } from 'node:timers/promises'

/** Waits, or less when the signal ends it. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
