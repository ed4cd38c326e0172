// How late this process's event loop is: measured all the while, told for the last half minute or so.
import { monitorEventLoopDelay, performance, type EventLoopUtilization } from 'node:perf_hooks'

export interface EventLoopReading {
  /** Milliseconds beyond what was asked for. */
  meanMs: number
  p99Ms: number
  maxMs: number
  /** Share of the time it was busy, 0 to 1. */
  busy: number
}

const WINDOW_MS = 30_000
const RESOLUTION_MS = 20

let meter: { read(): EventLoopReading } | undefined

/** The first call begins to measure. */
export const readEventLoop = (): EventLoopReading => (meter ??= createMeter()).read()

function createMeter() {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let began = performance.eventLoopUtilization()
  let last: EventLoopReading | undefined
  const current = (since: EventLoopUtilization): EventLoopReading => {
    const late = (nanoseconds: number) =>
      Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) : 0
    return {
      meanMs: late(delays.mean),
      p99Ms: late(delays.percentile(99)),
      maxMs: late(delays.max),
      busy: performance.eventLoopUtilization(since).utilization,
    }
  }
  setInterval(() => {
    last = current(began)
    began = performance.eventLoopUtilization()
    delays.reset()
  }, WINDOW_MS).unref()
  return { read: () => last ?? current(began) }
}
