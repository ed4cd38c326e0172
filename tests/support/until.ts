// Waiting for a condition of something that runs beside the test.
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves once `condition` holds; throws after `withinMs`, with the last error the condition met. */
export async function until(condition: () => Promise<boolean> | boolean, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs
  let last: unknown
  do {
    try {
      if (await condition()) return
      last = undefined
    } catch (error) {
      last = error
    }
    await sleep(25)
  } while (performance.now() < deadline)
  throw new Error(`It did not come true within ${withinMs} ms`, { cause: last })
}
