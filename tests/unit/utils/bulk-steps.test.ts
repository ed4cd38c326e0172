import { describe, expect, it } from 'vitest'
import { BulkInterrupted, runBulk, runUndo, type BulkProgress } from '../../../utils/bulk-steps.ts'

const OPERATION = '0190a1b2-0000-7000-8000-000000000000'

/** Answers as the API does for `total` issues in steps of 500. */
function steps(total: number) {
  const asked: { operationId?: string; cursor?: string }[] = []
  const send = async (more: { operationId?: string; cursor?: string }) => {
    asked.push(more)
    const before = Number(more.cursor ?? 0)
    const changed = Math.min(500, total - before)
    const reached = before + changed
    return {
      ...{ operationId: OPERATION, changed, unchanged: 0 },
      nextCursor: reached < total ? String(reached) : null,
      total: more.cursor ? null : total,
    }
  }
  return { send, asked }
}

describe('UI-07 a change of many issues', () => {
  it('goes on until there is no next step, with one operation', async () => {
    const { send, asked } = steps(1_200)
    const seen: BulkProgress[] = []
    const done = await runBulk({ send, onProgress: (progress) => seen.push(progress) })
    expect(done).toMatchObject({ changed: 1_200, total: 1_200, stopped: false })
    expect(asked).toEqual([
      {},
      { operationId: OPERATION, cursor: '500' },
      { operationId: OPERATION, cursor: '1000' },
    ])
    expect(seen.map(({ changed }) => changed)).toEqual([500, 1_000, 1_200])
  })

  it('stops between steps when asked to, and says so', async () => {
    const { send, asked } = steps(1_200)
    const done = await runBulk({ send, isStopped: () => true })
    expect(done).toMatchObject({ changed: 500, stopped: true })
    expect(asked).toHaveLength(1)
  })

  it('asked to stop at the last step, it is whole', async () => {
    expect(await runBulk({ send: steps(10).send, isStopped: () => true })).toMatchObject({ stopped: false })
  })

  it('a refused step tells what was done before it', async () => {
    const { send } = steps(1_200)
    const broken = (more: { cursor?: string }) =>
      more.cursor === '1000' ? Promise.reject(new Error('away')) : send(more)
    const error = await runBulk({ send: broken }).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(BulkInterrupted)
    expect((error as BulkInterrupted).done).toMatchObject({ changed: 1_000, operationId: OPERATION })
    const first = await runBulk({ send: () => Promise.reject(new Error('no')) }).catch((e: unknown) => e)
    expect((first as BulkInterrupted).done).toBeNull()
  })

  it('an undo gathers what it skipped over all its steps', async () => {
    const skipped = (shortId: string) => ({ id: '1', shortId, title: 't', status: 'resolved' as const })
    const done = await runUndo(async ({ cursor }) =>
      cursor
        ? { restored: 10, skipped: [skipped('WEB-2')], nextCursor: null }
        : { restored: 499, skipped: [skipped('WEB-1')], nextCursor: 'x' },
    )
    expect(done.restored).toBe(509)
    expect(done.skipped.map(({ shortId }) => shortId)).toEqual(['WEB-1', 'WEB-2'])
  })
})
