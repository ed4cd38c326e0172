// Whether what is sent to this node now would be kept, and by what: by PostgreSQL, or by the spool while it is away (a
// load balancer must go on sending then). In: what the parts of the node say, and a few questions to the database and
// the disk; out: one verdict with its reasons. Answers are remembered for a second: the door that asks is open to all.
import fs from 'node:fs/promises'
import { canAnswer } from '#server/storage/system/can-answer.ts'
import { isMigrated } from '#server/storage/system/is-migrated.ts'
import { listAllPartitions } from '#server/storage/partitions/list-all-partitions.ts'
import type { Db } from '#server/storage/database.ts'
import { partitionsAheadDays, PLANNED_DAYS } from '#server/domain/retention/partitions-ahead.ts'
import type { Check, CheckName, Health } from '#shared/schemas/system-status.ts'

export interface HealthDeps {
  db: Db
  /** The newest migration this program knows; absent: not looked for. */
  migration?: string
  /** Absent: the disk is not looked at. */
  dataDir?: string
  /** The database writes to this machine: a full disk is its end as well. */
  databaseIsHere: boolean
  running(): boolean
  /** Why the spool would take nothing now; null: it would. Undefined: there is none. */
  spoolProblem(): 'full' | 'unwritable' | null | undefined
  /** New events go to the spool. */
  diverted(): boolean
  /** PostgreSQL's clock. */
  now(): number
}

const REMEMBERED_MS = 1_000
/** What changes by the day is not asked for by the second. */
const SLOW_MS = 15_000
const ANSWER_MS = 1_000
/** Below this PostgreSQL is about to refuse. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024
const DISK_PATIENCE_MS = 1_000

export function createHealth(deps: HealthDeps): () => Promise<Health> {
  let last: { at: number; health: Promise<Health> } | undefined
  let slow: { at: number; migrated: boolean; aheadDays: number } | undefined

  async function askSlowly() {
    if (slow && performance.now() - slow.at < SLOW_MS && slow.migrated && slow.aheadDays >= 0) return slow
    const { db, migration, now } = deps
    const migrated = migration === undefined || (await isMigrated(db, migration))
    const aheadDays = partitionsAheadDays(await listAllPartitions(db), new Date(now()))
    return (slow = { at: performance.now(), migrated, aheadDays })
  }

  async function look(): Promise<Health> {
    const [disk, answers] = await Promise.all([diskOf(deps.dataDir), canAnswer(deps.db, ANSWER_MS)])
    const known = answers ? await askSlowly().catch(() => null) : null
    const spool = deps.spoolProblem()
    const checks: Check[] = [
      check('database', answers, 'PostgreSQL does not answer.'),
      check('migrations', known?.migrated, 'The database lacks a migration of this version.'),
      known
        ? check(
            'partitions',
            known.aheadDays >= 0,
            'A partition for today is missing.',
            aheadOf(known.aheadDays),
          )
        : check('partitions', undefined, ''),
      check('spool', spool === undefined ? undefined : spool === null, SPOOL_SAYS[spool ?? 'full']),
      check(
        'disk',
        disk ? disk.freeBytes >= LEAST_FREE_BYTES : undefined,
        'The disk of the data directory is full.',
      ),
    ]
    const fails = (name: CheckName) => checks.some((one) => one.name === name && one.state === 'failing')
    const databaseTakes =
      answers && !fails('migrations') && !fails('partitions') && !(deps.databaseIsHere && fails('disk'))
    const spoolTakes = spool === null
    return {
      ready: deps.running() && (deps.diverted() ? spoolTakes : databaseTakes || spoolTakes),
      checks,
      partitionsAheadDays: known?.aheadDays ?? null,
      disk,
    }
  }

  return () => {
    if (!last || performance.now() - last.at > REMEMBERED_MS) last = { at: performance.now(), health: look() }
    return last.health
  }
}

const SPOOL_SAYS = {
  full: 'The spool or its disk is full: while PostgreSQL is away, events would be refused.',
  unwritable: 'The spool cannot be written: while PostgreSQL is away, events would be refused.',
}

/** Undefined: nobody knows, or it is switched off. */
const check = (
  name: CheckName,
  ok: boolean | undefined,
  otherwise: string,
  says: string | null = null,
): Check =>
  ok === undefined
    ? { name, state: 'off', says: null }
    : ok
      ? { name, state: 'ok', says }
      : { name, state: 'failing', says: otherwise }

const aheadOf = (days: number): string | null =>
  days >= PLANNED_DAYS ? null : `The next ones are made for ${days} days only; the keeper is behind.`

/** A disk that does not answer (a mount that hangs) is as good as none. */
async function diskOf(dataDir: string | undefined): Promise<Health['disk']> {
  if (dataDir === undefined) return null
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), DISK_PATIENCE_MS)
  const asked = fs.statfs(dataDir).then(
    ({ bavail, blocks, bsize }) => ({ freeBytes: bavail * bsize, totalBytes: blocks * bsize }),
    () => null,
  )
  const disk = await Promise.race([asked, late.promise])
  clearTimeout(timer)
  return disk
}
