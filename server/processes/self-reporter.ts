// Mesher watches itself: takes its own faults (server/system/own-faults.ts) and sends them down the line as events of the
// project that the installation's owner chose, normalised and scrubbed like any other, to PostgreSQL or to the spool.
// Off until it is switched on; then what is noted is dropped.
//
// It can never feed itself: what goes wrong in here notes nothing, the failed write of such an event is marked so that it
// stays unreported (start-node.ts), and of faults alike only a few a minute become events, the others a number on the next.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import type { IngestKey, KeyCache } from '#server/domain/projects/key-cache.ts'
import type { Line } from '#server/pipeline/line.ts'
import { findSelfProject } from '#server/storage/system/self-reporting.ts'
import type { Db } from '#server/storage/database.ts'
import { faultEvent } from '#server/system/fault-event.ts'
import { measures } from '#server/system/measures.ts'
import { onOwnFault, takeOwnFaults, unreported, type OwnFault } from '#server/system/own-faults.ts'

/** A switch that was thrown is heard of this late at most. */
const SETTING_MS = 5_000
const MINUTE_MS = 60_000
/** Of faults alike, and in all. */
const MAX_ALIKE_A_MINUTE = 5
const MAX_A_MINUTE = 60
/** Kinds told apart; beyond, the minute is over for new ones. */
const MAX_KINDS = 500
const LAST_WORDS_MS = 2_000

export interface SelfReporterDeps {
  db: Db
  keys: Pick<KeyCache, 'find'>
  accept: Line['accept']
  version: string
  server: number
  /** Told which project it is; null: none. */
  chosen(projectId: number | null): void
}

export function selfReporter(deps: SelfReporterDeps): ChildSpec {
  const limit = createLimit()
  let publicKey: string | null = null
  /** As it was found last: while PostgreSQL is away it may not be found again. */
  let key: IngestKey | null = null
  let askedAt = -Infinity

  async function readSetting(): Promise<void> {
    if (performance.now() - askedAt < SETTING_MS) return
    askedAt = performance.now()
    // While PostgreSQL is away what was chosen last holds: the events go to the spool.
    const found = await findSelfProject(deps.db).catch(() => undefined)
    if (found === undefined) return
    publicKey = found?.publicKey ?? null
    deps.chosen(found?.projectId ?? null)
  }

  async function reportAll(): Promise<void> {
    const { faults, dropped } = takeOwnFaults()
    if (publicKey === null) return
    key = await Promise.resolve(deps.keys.find(publicKey)).catch(() => key)
    if (!key?.active) return
    const { project } = key
    measures.ownFaults.suppressed += dropped
    await Promise.all(
      faults.map(async (fault) => {
        const suppressed = limit(fault)
        if (suppressed === null) {
          measures.ownFaults.suppressed++
          return
        }
        try {
          const payload = faultEvent(fault, { version: deps.version, server: deps.server, suppressed })
          const { verdict } = await deps.accept({ project, dialect: 'sentry' }, { payload })
          const lost = verdict.outcome === 'invalid' || verdict.outcome === 'overloaded'
          measures.ownFaults[lost ? 'failed' : 'reported']++
        } catch {
          measures.ownFaults.failed++ // it is in the log already, where it was met
        }
      }),
    )
  }

  return {
    id: 'self-reporter',
    restart: 'permanent',
    shutdownMs: LAST_WORDS_MS + 1_000,
    async start({ signal, ready }) {
      await unreported(async () => {
        await readSetting()
        ready()
        while (!signal.aborted) {
          const heard = new AbortController()
          onOwnFault(() => heard.abort())
          // A fault that came before the listener did waits for nobody.
          await pause(SETTING_MS, AbortSignal.any([signal, heard.signal]))
          onOwnFault(undefined)
          await readSetting()
          await reportAll()
        }
        // The writers are still there: last words are stored as well.
        await Promise.race([reportAll(), pause(LAST_WORDS_MS, new AbortController().signal)])
      })
    },
  }
}

/** @returns null: not this one; otherwise how many like it were left out since the last that was not */
function createLimit(now: () => number = () => performance.now()) {
  let minute = -1
  let total = 0
  let counts = new Map<string, number>()
  const leftOut = new Map<string, number>()
  return ({ kind, error }: OwnFault): number | null => {
    const current = Math.floor(now() / MINUTE_MS)
    if (current !== minute) {
      minute = current
      total = 0
      counts = new Map()
      if (leftOut.size > MAX_KINDS) leftOut.clear()
    }
    const name = `${kind} ${likenessOf(error)}`
    const count = counts.get(name) ?? 0
    if (total >= MAX_A_MINUTE || count >= MAX_ALIKE_A_MINUTE || (count === 0 && counts.size >= MAX_KINDS)) {
      leftOut.set(name, (leftOut.get(name) ?? 0) + 1)
      return null
    }
    total++
    counts.set(name, count + 1)
    const before = leftOut.get(name) ?? 0
    leftOut.delete(name)
    return before
  }
}

/** Where it was thrown, or what it says. */
const likenessOf = (error: unknown): string =>
  error instanceof Error
    ? `${error.name} ${error.stack?.split('\n').find((line) => /^\s*at /.test(line)) ?? error.message}`
    : String(error).slice(0, 200)
