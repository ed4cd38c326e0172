// A gate that opens once, and processes that begin their work behind it. Until then such a process counts as running
// and does nothing, so that those beside it, which need not wait, come up.
import type { ChildSpec } from './supervisor.ts'

export interface Gate {
  readonly isOpen: boolean
  open(): void
  /** Resolves when it is open. */
  readonly opened: Promise<void>
}

export function createGate(isOpen: boolean): Gate {
  const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers()
  if (isOpen) resolve()
  return {
    get isOpen() {
      return isOpen
    },
    open() {
      isOpen = true
      resolve()
    },
    opened: promise,
  }
}

/** The process, once the gate is open; behind an open one it is the very same. */
export const behind = (gate: Gate, spec: ChildSpec): ChildSpec =>
  gate.isOpen
    ? spec
    : {
        ...spec,
        async start(context) {
          if (!gate.isOpen) {
            context.ready()
            await Promise.race([gate.opened, aborted(context.signal)])
            if (context.signal.aborted) return
          }
          await spec.start(context)
        },
      }

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
