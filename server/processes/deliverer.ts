// The deliverer: sends what waits for webhooks. Every node runs one; a webhook is one node's at a time, by a lease in its
// row, so a target that hangs holds one of the node's connections for ten seconds and nobody else's work. Those that
// failed lately get at most half of the connections.
//
// An attempt that PostgreSQL does not let us write down fails the process, and with it whatever else was being sent: all
// of it is sent again when the leases have run out.
import { setMaxListeners } from 'node:events'
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { deliver, type DeliverDeps } from '#server/domain/webhooks/deliver.ts'
import { resolveHost } from '#server/domain/webhooks/resolve-host.ts'
import { claimDeliveries, type ClaimedDelivery } from '#server/storage/webhooks/claim-deliveries.ts'

export type DelivererDeps = Omit<DeliverDeps, 'signal' | 'resolve' | 'timeoutMs' | 'random'> & {
  /** Tests have name servers of their own, and less time. */
  options?: Partial<Pick<DeliverDeps, 'resolve' | 'timeoutMs' | 'random'>>
}

const INTERVAL_MS = 500
const CONNECTIONS = 16
const FOR_FAILING = CONNECTIONS / 2
const TIMEOUT_MS = 10_000

export function deliverer({ options, ...deps }: DelivererDeps): ChildSpec {
  return {
    id: 'deliverer',
    restart: 'permanent',
    shutdownMs: 3_000,
    async start({ signal, ready }) {
      // Of this run: whichever way it ends, nothing goes on sending.
      const run = new AbortController()
      const ends = AbortSignal.any([signal, run.signal])
      setMaxListeners(0, ends)
      const sending: DeliverDeps = {
        ...{ resolve: resolveHost, timeoutMs: TIMEOUT_MS, random: Math.random },
        ...options,
        ...deps,
        signal: ends,
      }
      const running = new Map<Promise<void>, { failing: boolean }>()
      let failure: { error: unknown } | undefined
      const begin = (delivery: ClaimedDelivery) => {
        const work: Promise<void> = deliver(delivery, sending)
          .catch((error: unknown) => {
            failure ??= { error }
          })
          .finally(() => running.delete(work))
        running.set(work, { failing: delivery.webhook.failures > 0 })
      }
      ready()
      try {
        while (!signal.aborted) {
          const free = CONNECTIONS - running.size
          const failing = [...running.values()].filter((one) => one.failing).length
          const claimed =
            free > 0
              ? await claimDeliveries(deps.db, {
                  now: new Date(deps.now()),
                  all: free,
                  failing: Math.max(0, FOR_FAILING - failing),
                })
              : []
          claimed.forEach(begin)
          // A webhook that has just been given back may have more.
          await Promise.race([pause(INTERVAL_MS, signal), ...running.keys()])
          if (failure) throw failure.error
        }
      } finally {
        run.abort()
        await Promise.allSettled(running.keys())
      }
    },
  }
}
