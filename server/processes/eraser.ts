// The eraser: removes for good what was deleted, in portions so small and so far apart that nobody else notices. Each
// portion is one short transaction with its progress, so it may be killed at any moment and goes on where it was; of
// all nodes one at a time works on a portion. What is to be erased takes turns, so that one large project does not keep
// a hundred discarded issues waiting.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { withTransaction, type Db } from '#server/storage/database.ts'
import { deleteGroupRows } from '#server/storage/erasing/delete-group-rows.ts'
import { deleteOrgRows, hasProjects } from '#server/storage/erasing/delete-org-rows.ts'
import { deleteProjectRows } from '#server/storage/erasing/delete-project-rows.ts'
import { insertErasure } from '#server/storage/erasing/insert-erasures.ts'
import {
  lockNextErasure,
  markErased,
  tryEraserLock,
  type OpenErasure,
} from '#server/storage/erasing/lock-erasure.ts'
import { markProjectsDeleting } from '#server/storage/erasing/mark-deleting.ts'
import { setStatementTimeout } from '#server/storage/set-statement-timeout.ts'
import { setLockTimeout } from '#server/storage/set-lock-timeout.ts'

type Pool = Parameters<typeof withTransaction>[0]

export interface EraserDeps {
  pool: Pool
  /** Monotonic, ms. */
  now(): number
  log(line: { message: string; [field: string]: unknown }): void
  /** Tests cannot wait for these. */
  options?: Partial<EraserOptions>
}

export interface EraserOptions {
  /** Rows of a portion, in all tables but events. */
  rows: number
  /** Events of a portion: each brings its payload and its entries of five indexes. */
  events: number
  /** How long a deleted project is left alone: so long its keys may still be taken for good somewhere. */
  graceSeconds: number
  idleMs: number
}

const OPTIONS: EraserOptions = { rows: 5_000, events: 1_000, graceSeconds: 10, idleMs: 2_000 }
/** After a portion that took so long, three times as long is left to the others. */
const REST = 3
const LEAST_REST_MS = 10
const LOCK_TIMEOUT_MS = 1_000
const STATEMENT_TIMEOUT_MS = 15_000
/** Somebody else holds a row, a deadlock was broken, or a partition has just been dropped: next time. */
const TRY_LATER = new Set(['55P03', '40P01', '42P01'])

export function eraser(deps: EraserDeps): ChildSpec {
  const options = { ...OPTIONS, ...deps.options }
  return {
    id: 'eraser',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      ready()
      let after = 0
      let progress = false
      while (!signal.aborted) {
        const began = deps.now()
        const portion = await erasePortion(deps.pool, after, options).catch(tryLater(deps))
        if (portion === 'other') await pause(options.idleMs, signal)
        else if (portion === 'none') {
          // The end of a round.
          if (!progress) await pause(options.idleMs, signal)
          after = 0
          progress = false
        } else {
          after = portion.id
          progress ||= !portion.waiting
          await pause(Math.max(LEAST_REST_MS, (deps.now() - began) * REST), signal)
        }
      }
    },
  }
}

const tryLater =
  ({ log }: EraserDeps) =>
  (error: unknown): 'other' => {
    if (!TRY_LATER.has(String((error as { code?: unknown }).code))) throw error
    log({ message: 'A portion is erased later', error })
    return 'other'
  }

/** `other`: another node erases; `none`: nothing behind `after`. */
type Portion = 'other' | 'none' | { id: number; waiting: boolean }

async function erasePortion(pool: Pool, after: number, options: EraserOptions): Promise<Portion> {
  return withTransaction(pool, async (db) => {
    await setLockTimeout(db, LOCK_TIMEOUT_MS)
    await setStatementTimeout(db, STATEMENT_TIMEOUT_MS)
    if (!(await tryEraserLock(db))) return 'other'
    const erasure = await lockNextErasure(db, { after, graceSeconds: options.graceSeconds })
    if (!erasure) return 'none'
    const { id } = erasure
    const step = await erase(db, erasure, options)
    if (!step.waiting) await markErased(db, { id, events: step.events, finished: step.finished })
    return { id, waiting: step.waiting }
  })
}

type Step = { waiting: true } | { waiting: false; events: number; finished: boolean }

async function erase(db: Db, erasure: OpenErasure, { rows, events }: EraserOptions): Promise<Step> {
  const { projectId, groupId } = erasure
  if (projectId === null) return eraseOrg(db, erasure, rows)
  if (groupId !== null) return deleteGroupRows(db, { projectId, groupId, rows, events })
  return { waiting: false, ...(await deleteProjectRows(db, { projectId, rows, events })) }
}

async function eraseOrg(db: Db, { organizationId, actorId }: OpenErasure, rows: number): Promise<Step> {
  // Made in the moment when the organisation was deleted.
  for (const { id: projectId, name } of await markProjectsDeleting(db, organizationId))
    await insertErasure(db, { organizationId, projectId, label: name, actorId })
  if (await hasProjects(db, organizationId)) return { waiting: true }
  return { waiting: false, events: 0, finished: await deleteOrgRows(db, { organizationId, rows }) }
}
