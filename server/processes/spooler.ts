// The spooler: keeps diverted events on the disk and tells their senders. Group fsync by natural batching, as with the
// writers: what arrives while one is going on shares the next. And the keeper of the spool's directory.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { Shutdown } from '#server/runtime/supervisor.ts'
import type { Intake, Waiting } from '#server/pipeline/intake.ts'
import type { OutcomeTally } from '#server/pipeline/outcome.ts'
import { toRecord } from '#server/spool/event-record.ts'
import type { Spool } from '#server/spool/spool.ts'
import { giveUp } from './writer.ts'

export interface SpoolerDeps {
  intake: Intake
  spool: Spool
  tally: OutcomeTally
  log(line: { message: string; [field: string]: unknown }): void
}

const COMPLAIN_EVERY_MS = 10_000
const LOOK_AROUND_MS = 5_000

export function spooler({ intake, spool, tally, log }: SpoolerDeps): ChildSpec {
  let complainedAt = -Infinity

  async function keep(batch: readonly Waiting[]): Promise<void> {
    // Answered meanwhile: a commit that came late after all, or patience that ended.
    const wanted = batch.filter((item) => !item.settled)
    if (wanted.length === 0) return
    try {
      await spool.append(wanted.map((item) => toRecord(item.event)))
      // Safe, and counted by the transaction that will store it.
      for (const item of wanted) item.settle({ outcome: 'stored' })
    } catch (error) {
      if (performance.now() - complainedAt > COMPLAIN_EVERY_MS) {
        complainedAt = performance.now()
        log({ message: 'The spool takes no events', error })
      }
      giveUp({ tally }, wanted)
    }
  }

  return {
    id: 'spooler',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      ready()
      while (!signal.aborted) await keep(await intake.takeDiverted(signal))
      if (!(signal.reason instanceof Shutdown)) throw signal.reason
      for (let batch = intake.takeDivertedNow(); batch.length > 0; batch = intake.takeDivertedNow())
        await keep(batch)
    },
  }
}

/** Takes over what dead processes of this machine left, and shows the others that this one lives. */
export const spoolKeeper = (spool: Spool): ChildSpec => ({
  id: 'spool-keeper',
  restart: 'permanent',
  shutdownMs: 5_000,
  async start({ signal, ready }) {
    // Reading through what was left takes a while: nothing waits for that.
    ready()
    while (!signal.aborted) {
      await spool.lookAround()
      await pause(LOOK_AROUND_MS, signal)
    }
    await spool.close()
  },
})
