// The watch over the intake. When nothing that waits has been answered for 2 s, PostgreSQL is taken to be away and the
// intake is diverted to the spool. Without a spool, or when its disk hangs too, senders hear 503 after 10 s.
// It watches the intake and not the writers: those may be down themselves, or wait in a statement nobody answers.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import type { Intake } from '#server/pipeline/intake.ts'
import type { OutcomeTally } from '#server/pipeline/outcome.ts'
import { giveUp } from './writer.ts'

/** Longer than a checkpoint's or a vacuum's hiccup, shorter than what a sender takes for an outage. */
const SPOOL_AFTER_MS = 2_000
const GIVE_UP_AFTER_MS = 10_000
const TICK_MS = 100
/** A tick later than this says that this process was stopped or busy, and nothing about PostgreSQL. */
const LATE_MS = 1_000

export interface PatienceDeps {
  intake: Intake
  tally: OutcomeTally
  /** Whether there is a spool to divert to. */
  spools: boolean
  log(line: { message: string; [field: string]: unknown }): void
}

export function patience({ intake, tally, spools, log }: PatienceDeps): ChildSpec {
  return {
    id: 'patience',
    restart: 'permanent',
    shutdownMs: 1_000,
    async start({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        const began = performance.now()
        await pause(TICK_MS, signal)
        if (performance.now() - began > LATE_MS) continue
        const { stalledMs } = intake
        if (spools && !intake.diverted && stalledMs >= SPOOL_AFTER_MS) {
          log({ message: 'PostgreSQL does not answer: events go to the spool', stalledMs })
          intake.divert()
        }
        if (stalledMs >= GIVE_UP_AFTER_MS) giveUp({ tally }, intake.olderThan(GIVE_UP_AFTER_MS))
      }
    },
  }
}
