// A change of many issues, step by step: the same request again, with the operation's id and the cursor of the answer
// before, until there is no next one. Pure but for what it is handed: `send` does the asking.
import type { UpdatedIssues, UndoneIssues } from '#shared/schemas/issue.ts'

export interface BulkProgress {
  operationId: string
  changed: number
  unchanged: number
  /** Matching at the beginning; null when nobody counted. */
  total: number | null
  /** Ended before all were reached: stopped by the reader. */
  stopped: boolean
}

/** Thrown when a step is refused: what the steps before had already done is part of the truth. */
export class BulkInterrupted extends Error {
  readonly done: BulkProgress | null
  constructor(cause: unknown, done: BulkProgress | null) {
    super('A step was refused', { cause })
    this.done = done
  }
}

interface Running {
  send: (more: { operationId?: string; cursor?: string }) => Promise<UpdatedIssues>
  onProgress?: (progress: BulkProgress) => void
  /** Asked between steps. */
  isStopped?: () => boolean
}

export async function runBulk({ send, onProgress, isStopped }: Running): Promise<BulkProgress> {
  let done = null as BulkProgress | null
  let cursor: string | null = null
  do {
    let step: UpdatedIssues
    try {
      step = await send(done ? { operationId: done.operationId, ...(cursor ? { cursor } : {}) } : {})
    } catch (error) {
      throw new BulkInterrupted(error, done)
    }
    cursor = step.nextCursor
    done = {
      operationId: step.operationId,
      changed: (done?.changed ?? 0) + step.changed,
      unchanged: (done?.unchanged ?? 0) + step.unchanged,
      total: done ? done.total : step.total,
      stopped: cursor !== null && Boolean(isStopped?.()),
    }
    onProgress?.(done)
  } while (cursor !== null && !done.stopped)
  return done
}

export async function runUndo(
  send: (more: { cursor?: string }) => Promise<UndoneIssues>,
): Promise<Omit<UndoneIssues, 'nextCursor'>> {
  const all: Omit<UndoneIssues, 'nextCursor'> = { restored: 0, skipped: [] }
  let cursor: string | null = null
  do {
    const step: UndoneIssues = await send(cursor ? { cursor } : {})
    all.restored += step.restored
    all.skipped.push(...step.skipped)
    cursor = step.nextCursor
  } while (cursor !== null)
  return all
}
