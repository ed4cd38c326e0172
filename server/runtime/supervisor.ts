// Supervision as in OTP, on Effect fibers: a tree of processes, each restarted when it falls, until falling too often
// is itself the failure. In: a SupervisorSpec, drawn as a list. Out: a handle to stop it, look at it, wait for its end.
// It knows nothing of what its children do.
//
// A child: waiting → starting → running → (crash) → backing-off → starting …
//                                       → (its work is over, and it need not come back) → ended | failed
//          any of these → stopping → stopped
// - Children start in the listed order, each after the one before called `ready()`, and stop in reverse.
// - A crash spends one restart of its supervisor's budget. When that is gone, the supervisor stops all its children and
//   fails like a child of the supervisor above; at the root, `done` becomes 'exhausted'.
// - A child that ignores its signal for `shutdownMs` is left behind ('abandoned' event): JavaScript cannot end it.
import { AsyncLocalStorage } from 'node:async_hooks'
import * as Cause from 'effect/Cause'
import * as Effect from 'effect/Effect'
import * as Exit from 'effect/Exit'
import * as Fiber from 'effect/Fiber'
import * as Queue from 'effect/Queue'
import { backoffMs, type Backoff } from './backoff.ts'
import { restartBudget } from './restart-budget.ts'

export interface ChildContext {
  /** Aborted when the child has to stop. Its reason is a `Shutdown`, or the error of a crash injected from outside. */
  signal: AbortSignal
  /** Says that the child does its work now; the next one is started then. */
  ready(): void
}

export interface ChildSpec {
  id: string
  /** permanent: always comes back; transient: only after a crash; temporary: never. */
  restart: 'permanent' | 'transient' | 'temporary'
  shutdownMs: number
  /** Not ready after this long is a crash. Default 30 s. */
  readyMs?: number
  /** Runs until the signal aborts; a rejection is a crash. */
  start(context: ChildContext): Promise<void>
}

export interface SupervisorSpec {
  id: string
  strategy: 'one_for_one' | 'rest_for_one' | 'one_for_all'
  maxRestarts: number
  withinMs: number
  backoff: Backoff
  children: readonly (ChildSpec | SupervisorSpec)[]
}

export type ProcessStatus =
  'waiting' | 'starting' | 'running' | 'backing-off' | 'stopping' | 'stopped' | 'ended' | 'failed'

export interface ProcessState {
  id: string
  kind: 'worker' | 'supervisor'
  status: ProcessStatus
  restarts: number
  lastError: { message: string; at: Date } | null
  since: Date
  children: ProcessState[]
}

export type SupervisorEvent =
  | { type: 'started' | 'ready' | 'ended' | 'stopped' | 'abandoned'; id: string }
  | { type: 'crashed'; id: string; error: unknown }
  | { type: 'restarting'; id: string; delayMs: number; restarts: number }
  | { type: 'exhausted'; id: string; error: unknown }

export interface SupervisorHooks {
  onEvent?(event: SupervisorEvent): void
  /** The root gave up: nothing runs any more, the process should end. */
  onExhausted?(error: unknown): void
  /** Monotonic milliseconds for the restart budgets; tests hand in their own. */
  now?(): number
  random?(): number
}

export interface SupervisionHandle {
  /** Resolves when every child was ready once. */
  started: Promise<void>
  /** Stops everything in reverse order. May be called again. */
  stop(): Promise<void>
  state(): ProcessState
  done: Promise<'stopped' | 'exhausted'>
  /** Fault injection, and the way an error without an owner reaches its process. False when that id is not running. */
  crash(id: string, error: unknown): boolean
}

/** The reason of a signal that asks a child to stop in good order. */
export class Shutdown extends Error {
  override name = 'Shutdown'
}

const DEFAULT_READY_MS = 30_000
const ON_THE_WAY: ProcessStatus[] = ['waiting', 'starting', 'backing-off']
const owner = new AsyncLocalStorage<string>()

/** The supervised process this code runs in, if any: gives stray errors an owner. */
export const currentProcessId = (): string | undefined => owner.getStore()

type Message =
  | { type: 'ready'; child: Process; life: number }
  | { type: 'exit'; child: Process; life: number; exit: Exit.Exit<void, unknown> }
  | { type: 'injected'; error: unknown }

/** One node of the running tree. */
interface Process {
  spec: ChildSpec | SupervisorSpec
  children: Process[]
  status: ProcessStatus
  restarts: number
  lastError: ProcessState['lastError']
  since: Date
  /** Counts starts and stops: what an earlier life still has to say is not listened to. */
  life: number
  fiber: Fiber.Fiber<void, unknown> | null
  crash: ((error: unknown) => void) | null
}

const isSupervisor = (spec: ChildSpec | SupervisorSpec): spec is SupervisorSpec => 'children' in spec
const restartOf = (spec: ChildSpec | SupervisorSpec) => (isSupervisor(spec) ? 'permanent' : spec.restart)
const failureOf = (exit: Exit.Exit<void, unknown>): unknown =>
  Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
const noteOf = (error: unknown) => ({
  message: error instanceof Error ? error.message : String(error),
  at: new Date(),
})

export function supervise(spec: SupervisorSpec, hooks: SupervisorHooks = {}): SupervisionHandle {
  const now = hooks.now ?? (() => performance.now())
  const random = hooks.random ?? Math.random
  const byId = new Map<string, Process>()
  const started: PromiseWithResolvers<void> = Promise.withResolvers()
  // A restart may be set off from inside a request; the new life must not belong to that request.
  const outside = AsyncLocalStorage.snapshot()
  const root = grow(spec)

  function grow(specification: ChildSpec | SupervisorSpec): Process {
    if (byId.has(specification.id)) throw new Error(`two processes are called ${specification.id}`)
    const self: Process = {
      spec: specification,
      children: [],
      status: 'waiting',
      restarts: 0,
      lastError: null,
      since: new Date(),
      life: 0,
      fiber: null,
      crash: null,
    }
    byId.set(specification.id, self)
    if (isSupervisor(specification)) self.children = specification.children.map(grow)
    return self
  }

  function become(self: Process, status: ProcessStatus) {
    self.status = status
    self.since = new Date()
  }

  function emit(event: SupervisorEvent) {
    try {
      hooks.onEvent?.(event)
    } catch (error) {
      // A broken listener must not take the tree down.
      process.emitWarning(`supervisor listener: ${String(error)}`)
    }
  }

  /** A worker's one life: succeeds when `start` returns, fails when it throws; interrupted, it asks it to stop. */
  const runWorker = (self: Process, worker: ChildSpec, onReady: () => void) =>
    Effect.callback((resume: (end: Effect.Effect<void, unknown>) => void) => {
      const abort = new AbortController()
      const readyMs = worker.readyMs ?? DEFAULT_READY_MS
      const overdue = setTimeout(
        () => fail(new Error(`${worker.id} was not ready within ${readyMs} ms`)),
        readyMs,
      )
      let phase: 'starting' | 'running' | 'over' = 'starting'

      const ready = () => {
        if (phase !== 'starting') return
        phase = 'running'
        clearTimeout(overdue)
        onReady()
      }
      const life = outside(() =>
        owner.run(worker.id, async () => worker.start({ signal: abort.signal, ready })),
      )
      /** Nothing more is heard of this life; whatever hangs on its signal ends with it. */
      const end = (reason: unknown) => {
        phase = 'over'
        self.crash = null
        clearTimeout(overdue)
        abort.abort(reason)
      }
      const endAndWait = async (reason: unknown) => {
        end(reason)
        if (!(await settlesWithin(life, worker.shutdownMs))) emit({ type: 'abandoned', id: worker.id })
      }
      const fail = (error: unknown) => {
        if (phase !== 'over') void endAndWait(error).then(() => resume(Effect.fail(error)))
      }
      const finish = (result: Effect.Effect<void, unknown>) => {
        if (phase === 'over') return
        end(new Shutdown(`${worker.id} is over`))
        resume(result)
      }
      self.crash = fail
      life.then(
        () => finish(Effect.void),
        (error: unknown) => finish(Effect.fail(error)),
      )
      return Effect.promise(() => endAndWait(new Shutdown(`${worker.id} is asked to stop`)))
    })

  /** A supervisor's one life: fails when its budget is spent or a crash is injected; stops its children either way. */
  const runSupervisor = (self: Process, supervisor: SupervisorSpec, onReady: () => void) =>
    Effect.gen(function* () {
      const inbox = yield* Queue.unbounded<Message>()
      const budget = restartBudget(supervisor.maxRestarts, supervisor.withinMs, now)
      self.crash = (error) => void Queue.offerUnsafe(inbox, { type: 'injected', error })
      for (const child of self.children) become(child, 'waiting')
      let starting: Process | undefined
      let wasReady = false

      for (;;) {
        if (!starting) {
          starting = self.children.find((child) => child.status === 'waiting')
          if (starting) fork(starting, inbox, 0)
        }
        if (!wasReady && self.children.every((child) => !ON_THE_WAY.includes(child.status))) {
          wasReady = true
          onReady()
        }
        const message: Message = yield* Queue.take(inbox)
        if (message.type === 'injected') return yield* Effect.fail(message.error)
        const { child } = message
        if (message.life !== child.life) continue
        if (child === starting) starting = undefined
        if (message.type === 'ready') continue

        child.fiber = null
        if (!mustRestart(child, message.exit)) continue
        if (!budget.spend()) {
          const last = child.lastError?.message ?? 'it ended'
          const error = new Error(
            `${supervisor.id} gave up after ${supervisor.maxRestarts} restarts within ${supervisor.withinMs} ms; ` +
              `the last to fall was ${child.spec.id}: ${last}`,
            { cause: failureOf(message.exit) },
          )
          emit({ type: 'exhausted', id: supervisor.id, error })
          return yield* Effect.fail(error)
        }
        const affected = affectedBy(supervisor, self, child)
        if (starting && affected.includes(starting)) starting = undefined
        yield* stopAll(affected.filter((sibling) => sibling !== child))
        const returning = affected.filter((sibling) => restartOf(sibling.spec) !== 'temporary')
        const delayMs = backoffMs(supervisor.backoff, budget.recent(), random)
        for (const sibling of returning) {
          sibling.restarts++
          become(sibling, 'waiting')
        }
        emit({ type: 'restarting', id: child.spec.id, delayMs, restarts: child.restarts })
        const [first] = returning
        // The first comes back after the delay and the others after it, each in its turn; in a one_for_one
        // nobody waits for the fallen one.
        if (first) fork(first, inbox, delayMs)
        if (supervisor.strategy !== 'one_for_one') starting = first
      }
    }).pipe(
      Effect.ensuring(
        Effect.suspend(() => {
          self.crash = null
          return stopAll(self.children)
        }),
      ),
    )

  const run = (self: Process, onReady: () => void): Effect.Effect<void, unknown> =>
    isSupervisor(self.spec) ? runSupervisor(self, self.spec, onReady) : runWorker(self, self.spec, onReady)

  /** Starts a child's fiber; its readiness and its end arrive in the inbox. */
  function fork(child: Process, inbox: Queue.Queue<Message>, delayMs: number) {
    const life = ++child.life
    const onReady = () => {
      if (life !== child.life) return
      become(child, 'running')
      emit({ type: 'ready', id: child.spec.id })
      Queue.offerUnsafe(inbox, { type: 'ready', child, life })
    }
    const start = Effect.suspend(() => {
      become(child, 'starting')
      emit({ type: 'started', id: child.spec.id })
      return run(child, onReady)
    })
    become(child, delayMs > 0 ? 'backing-off' : 'starting')
    const report = (exit: Exit.Exit<void, unknown>) =>
      Effect.sync(() => void Queue.offerUnsafe(inbox, { type: 'exit', child, life, exit }))
    child.fiber = Effect.runFork(
      Effect.onExit(delayMs > 0 ? Effect.andThen(Effect.sleep(delayMs), start) : start, report),
    )
  }

  /** Notes how a child ended, and answers whether its supervisor has to act. */
  function mustRestart(child: Process, exit: Exit.Exit<void, unknown>): boolean {
    const crashed = Exit.isFailure(exit)
    if (crashed) {
      const error = failureOf(exit)
      child.lastError = noteOf(error)
      emit({ type: 'crashed', id: child.spec.id, error })
    } else {
      emit({ type: 'ended', id: child.spec.id })
    }
    become(child, crashed ? 'failed' : 'ended')
    const restart = restartOf(child.spec)
    return restart === 'permanent' || (restart === 'transient' && crashed)
  }

  /** Whom a crash takes along: those within the strategy's reach that are alive or waiting to be. */
  function affectedBy(supervisor: SupervisorSpec, self: Process, child: Process): Process[] {
    if (supervisor.strategy === 'one_for_one') return [child]
    const from = supervisor.strategy === 'rest_for_one' ? self.children.indexOf(child) : 0
    const gone: ProcessStatus[] = ['ended', 'failed', 'stopped']
    return self.children.slice(from).filter((other) => other === child || !gone.includes(other.status))
  }

  /** In reverse order, one after the other. */
  const stopAll = (children: readonly Process[]) =>
    Effect.forEach(
      children.toReversed(),
      (child) =>
        Effect.suspend(() => {
          const { fiber } = child
          child.fiber = null
          child.life++
          if (!fiber) {
            if (child.status === 'waiting') become(child, 'stopped')
            return Effect.void
          }
          become(child, 'stopping')
          return Effect.map(Fiber.interrupt(fiber), () => {
            become(child, 'stopped')
            emit({ type: 'stopped', id: child.spec.id })
          })
        }),
      { discard: true },
    )

  become(root, 'starting')
  root.fiber = Effect.runFork(
    runSupervisor(root, spec, () => {
      become(root, 'running')
      started.resolve()
    }),
  )
  const done = Effect.runPromise(Fiber.await(root.fiber)).then((exit) => {
    if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) {
      become(root, 'stopped')
      return 'stopped'
    }
    const error = failureOf(exit)
    root.lastError = noteOf(error)
    become(root, 'failed')
    hooks.onExhausted?.(error)
    return 'exhausted'
  })

  const stateOf = (self: Process): ProcessState => ({
    id: self.spec.id,
    kind: isSupervisor(self.spec) ? 'supervisor' : 'worker',
    status: self.status,
    restarts: self.restarts,
    lastError: self.lastError,
    since: self.since,
    children: self.children.map(stateOf),
  })

  return {
    started: started.promise,
    async stop() {
      if (root.status === 'starting' || root.status === 'running') become(root, 'stopping')
      await Effect.runPromise(Fiber.interrupt(root.fiber!))
      await done
    },
    state: () => stateOf(root),
    done,
    crash(id, error) {
      const crash = byId.get(id)?.crash
      crash?.(error)
      return Boolean(crash)
    },
  }
}

async function settlesWithin(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), milliseconds)
  const settled = work.then(
    () => true,
    () => true,
  )
  const inTime = await Promise.race([settled, late.promise])
  clearTimeout(timer)
  return inTime
}
