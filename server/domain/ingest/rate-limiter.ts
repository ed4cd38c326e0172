// How many events a minute a project, and a key, may send: a limit of the installation, not of a node. Nodes lease quota
// of the running minute from PostgreSQL in chunks and the doors decide from the lease, so that an event costs no round
// trip; PostgreSQL never grants more than the limit in all. Why so: docs/decisions/0009-rate-limits.md.
//
// While PostgreSQL does not answer (an error, or nothing for 2 s) the node is `alone`: it counts what it admits itself
// against the whole limit, asks again each second, and books what it admitted with its next lease.
import { leaseQuota } from '#server/storage/rate-windows/lease-quota.ts'
import type { Db } from '#server/storage/database.ts'
import type { IngestKey } from '../projects/key-cache.ts'
import {
  askOf,
  changeLimit,
  isFinal,
  isLow,
  leftOf,
  openWindow,
  receive,
  type RateWindow,
} from './rate-window.ts'

export interface RateLimiter {
  /**
   * Admits the first so many of `n` events and counts them. At once while the lease lasts; a promise while a lease is
   * being asked for, 2 s at most. Never rejects.
   */
  admit(key: IngestKey, n: number): number | Promise<number>
  /** Seconds until the next minute, from 1 to 60: when a refused sender may come again. */
  retryAfterSeconds(): number
  /** Whose limit refuses this key's events at present; the project's when it is both or neither. */
  refusedBy(key: IngestKey): 'project' | 'key'
}

export interface RateLimiterOptions {
  /** PostgreSQL's clock, ms. */
  now(): number
  /** The node counts alone from now on (with the reason), or shares the limit again. */
  onAlone?(alone: boolean, error?: unknown): void
  answerWithinMs?: number
  askAgainMs?: number
}

const MINUTE_MS = 60_000
/** Of a lease for the whole project; keys count from 1. */
const PROJECT = 0

export function createRateLimiter(
  db: Db,
  { now, onAlone, answerWithinMs = 2_000, askAgainMs = 1_000 }: RateLimiterOptions,
): RateLimiter {
  /** Those of `minute`, by project and key. */
  const windows = new Map<string, RateWindow>()
  let minute = 0
  /** Go with the next statement; and those of the statement under way. */
  const wanting = new Set<RateWindow>()
  const asking = new Set<RateWindow>()
  /** Resolves with the answer to the statement under way, or when that is overdue. There is one at a time. */
  let answer: Promise<void> | null = null
  let alone = false
  let failedAt = 0

  function windowOf(projectId: number, keyId: number, limit: number): RateWindow {
    const name = `${projectId}:${keyId}`
    let window = windows.get(name)
    if (!window) windows.set(name, (window = openWindow(projectId, keyId, limit)))
    else if (window.limit !== limit) changeLimit(window, limit)
    return window
  }

  /** The limits that hold for a key in the running minute: none, one or two. */
  function windowsOf({ id, project, rateLimits }: IngestKey): RateWindow[] {
    const running = Math.floor(now() / MINUTE_MS) * MINUTE_MS
    if (running !== minute) {
      minute = running
      windows.clear()
      wanting.clear()
    }
    const found: RateWindow[] = []
    if (rateLimits.project > 0) found.push(windowOf(project.id, PROJECT, rateLimits.project))
    if (rateLimits.key !== null) found.push(windowOf(project.id, id, rateLimits.key))
    return found
  }

  /** Takes of all limits alike: what one refuses is not counted by the other. */
  function take(of: readonly RateWindow[], n: number): number {
    let admitted = n
    for (const window of of) admitted = Math.min(admitted, leftOf(window, alone))
    for (const window of of) window.taken += admitted
    return admitted
  }

  /** Whether nothing is gained by waiting: all were admitted, or one of the limits is reached. */
  const isSettled = (of: readonly RateWindow[], rest: number) =>
    rest === 0 || of.some((window) => leftOf(window, alone) === 0 && isFinal(window, alone))

  /** Asks in the background for what will soon be needed; alone, from time to time whether PostgreSQL is back. */
  function topUp(of: readonly RateWindow[]): void {
    if (alone) {
      if (answer || performance.now() - failedAt < askAgainMs) return
      for (const window of of) want(window)
    } else for (const window of of) if (isLow(window)) want(window)
    if (wanting.size > 0) void ask()
  }

  function want(window: RateWindow): void {
    if (!asking.has(window)) wanting.add(window)
  }

  const ask = (): Promise<void> => (answer ??= lease())

  /** Sends what is wanted; resolves with the answer or when it is overdue, and never rejects. */
  function lease(): Promise<void> {
    const asked = [...wanting].map((window) => ({ window, asked: askOf(window), limit: window.limit }))
    for (const { window } of asked) asking.add(window)
    wanting.clear()
    const late = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => {
      fail(new Error(`A lease of quota was not answered within ${answerWithinMs} ms`))
      late.resolve(undefined)
    }, answerWithinMs)
    const rows = asked.map(({ window: { projectId, keyId }, asked: want, limit: quota }) => ({
      projectId,
      keyId,
      want,
      quota,
    }))
    const done = leaseQuota(db, minute, rows)
      .then((granted) => {
        for (const [i, { window, ...question }] of asked.entries()) receive(window, granted[i] ?? 0, question)
        if (alone) onAlone?.(false)
        alone = false
      }, fail)
      .finally(() => {
        clearTimeout(timer)
        answer = null
        asking.clear()
        if (wanting.size > 0 && !alone) void ask()
      })
    return Promise.race([done, late.promise])
  }

  function fail(error: unknown): void {
    failedAt = performance.now()
    if (!alone) onAlone?.(true, error)
    alone = true
  }

  async function admitLater(key: IngestKey, n: number, admitted: number): Promise<number> {
    for (;;) {
      const of = windowsOf(key)
      admitted += take(of, n - admitted)
      const rest = n - admitted
      if (isSettled(of, rest)) {
        topUp(of)
        return admitted
      }
      const short = of.filter((window) => !isFinal(window, alone) && leftOf(window, alone) < rest)
      for (const window of short) {
        window.waiting += rest
        want(window)
      }
      await ask()
      for (const window of short) window.waiting -= rest
    }
  }

  return {
    admit(key, n) {
      const of = windowsOf(key)
      const admitted = take(of, n)
      if (!isSettled(of, n - admitted)) return admitLater(key, n, admitted)
      topUp(of)
      return admitted
    },
    retryAfterSeconds: () => Math.ceil((MINUTE_MS - (now() % MINUTE_MS)) / 1_000),
    refusedBy(key) {
      const reached = windowsOf(key).filter((window) => leftOf(window, alone) === 0)
      return reached.length === 1 && reached[0]!.keyId !== PROJECT ? 'key' : 'project'
    },
  }
}
