// Mesher's own faults, on their way to being events like those of any other program: noted here by whoever meets one,
// taken by the process that reports them (server/processes/self-reporter.ts). A short, bounded list; nobody waits.
//
// A fault that comes of reporting a fault must not be reported in turn. Two marks see to that: what runs inside
// `unreported` notes nothing, and an error marked by `markUnreported` (the failed write of such an event, say) stays
// unreported wherever it surfaces later, also as the cause of another.
import { AsyncLocalStorage } from 'node:async_hooks'

/** Where it surfaced: in a request or a socket, in a supervised process, in a batch, with no owner, or as the end of all. */
export type FaultKind = 'request' | 'socket' | 'process' | 'batch' | 'unattributed' | 'server'

export interface OwnFault {
  kind: FaultKind
  error: unknown
  at: Date
  /** What it was about, in words that hold no payload: a process, a method with its path. */
  about?: string
  requestId?: string
  /** Nothing goes on after it. */
  fatal?: boolean
}

/** What is noted while the reporter is busy or not there yet. */
const MAX_WAITING = 50

const silence = new AsyncLocalStorage<true>()
const unreportable = new WeakSet<object>()
const noted = new WeakSet<object>()
let waiting: OwnFault[] = []
let dropped = 0
let wake: (() => void) | undefined

export function noteOwnFault(fault: Omit<OwnFault, 'at'>): void {
  if (silence.getStore() || isUnreportable(fault.error)) return
  // The same error may surface twice, in a process and in its supervisor: it is one fault.
  if (isObject(fault.error)) {
    if (noted.has(fault.error)) return
    noted.add(fault.error)
  }
  if (waiting.length >= MAX_WAITING) dropped++
  else waiting.push({ ...fault, at: new Date() })
  wake?.()
}

export function takeOwnFaults(): { faults: OwnFault[]; dropped: number } {
  const taken = { faults: waiting, dropped }
  waiting = []
  dropped = 0
  return taken
}

/** Called when there is something to take; one listener, the reporter. */
export function onOwnFault(listener: (() => void) | undefined): void {
  wake = listener
}

/** What goes wrong in here is nobody's news. */
export const unreported = <T>(work: () => T): T => silence.run(true, work)

export function markUnreported(error: unknown): void {
  if (isObject(error)) unreportable.add(error)
}

function isUnreportable(error: unknown): boolean {
  const seen = new Set<unknown>()
  for (let one = error; isObject(one) && !seen.has(one); one = (one as { cause?: unknown }).cause) {
    if (unreportable.has(one)) return true
    seen.add(one)
  }
  return false
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
