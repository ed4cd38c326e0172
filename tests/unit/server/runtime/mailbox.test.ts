import { describe, expect, it } from 'vitest'
import { createMailbox } from '#server/runtime/mailbox.ts'

const never = new AbortController().signal
const box = (maxItems = 1_000, maxBytes = 1_000_000) => createMailbox<number>({ maxItems, maxBytes })

describe('the mailbox', () => {
  it('gives items in the order they came, within both bounds', async () => {
    const mailbox = box()
    for (let i = 0; i < 10; i++) expect(mailbox.offer(i, 10)).toBe(true)
    expect([mailbox.size, mailbox.bytes]).toEqual([10, 100])
    expect(await mailbox.take(4, 1_000, never)).toEqual([0, 1, 2, 3])
    expect(await mailbox.take(100, 35, never)).toEqual([4, 5, 6])
    expect([mailbox.size, mailbox.bytes]).toEqual([3, 30])
  })

  it('gives at least one item, however large', async () => {
    const mailbox = box()
    mailbox.offer(1, 5_000)
    mailbox.offer(2, 1)
    expect(await mailbox.take(10, 100, never)).toEqual([1])
  })

  it('refuses what does not fit, by count and by bytes', () => {
    const mailbox = box(2, 100)
    expect(mailbox.offer(1, 60)).toBe(true)
    expect(mailbox.offer(2, 60)).toBe(false)
    expect(mailbox.offer(2, 40)).toBe(true)
    expect(mailbox.offer(3, 0)).toBe(false)
    expect(mailbox.size).toBe(2)
  })

  it('keeps the order when a batch is put back, also beyond the bounds', async () => {
    const mailbox = box(3, 1_000)
    for (let i = 0; i < 3; i++) mailbox.offer(i, 1)
    const batch = await mailbox.take(2, 1_000, never)
    mailbox.offer(3, 1)
    mailbox.offer(4, 1)
    expect(mailbox.size).toBe(3)
    mailbox.requeue(batch, () => 1)
    expect([mailbox.size, mailbox.bytes]).toEqual([5, 5])
    expect(mailbox.offer(9, 1)).toBe(false)
    expect(await mailbox.take(100, 1_000, never)).toEqual([0, 1, 2, 3, 4])
  })

  it('keeps the order while its ring grows and wraps', () => {
    const mailbox = box(100_000)
    let next = 0
    let expected = 0
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 97 + round * 7; i++) mailbox.offer(next++, 1)
      for (const item of mailbox.takeNow(61 + round * 5, 1_000_000)) expect(item).toBe(expected++)
    }
    for (const item of mailbox.takeNow(100_000, 1_000_000)) expect(item).toBe(expected++)
    expect(expected).toBe(next)
    expect([mailbox.size, mailbox.bytes]).toEqual([0, 0])
  })

  it('waits until something is there, and batches what arrives together', async () => {
    const mailbox = box()
    const taken = mailbox.take(10, 1_000, never)
    setTimeout(() => [1, 2, 3].forEach((i) => mailbox.offer(i, 1)), 5)
    expect(await taken).toEqual([1, 2, 3])
  })

  it('ends the wait with nothing when the signal aborts, and loses nothing by it', async () => {
    const mailbox = box()
    const abort = new AbortController()
    const taken = mailbox.take(10, 1_000, abort.signal)
    abort.abort()
    expect(await taken).toEqual([])
    mailbox.offer(1, 1)
    expect(await mailbox.take(10, 1_000, abort.signal)).toEqual([])
    expect(await mailbox.take(10, 1_000, never)).toEqual([1])
  })

  it('hands the wake of an aborted taker to the one that still waits', async () => {
    const mailbox = box()
    const abort = new AbortController()
    const first = mailbox.take(10, 1_000, abort.signal)
    const second = mailbox.take(10, 1_000, never)
    setImmediate(() => abort.abort())
    mailbox.offer(7, 1)
    expect((await Promise.all([first, second])).flat()).toEqual([7])
  })

  it('feeds two takers at once', async () => {
    const mailbox = box()
    const takers = [mailbox.take(2, 1_000, never), mailbox.take(2, 1_000, never)]
    for (let i = 0; i < 4; i++) mailbox.offer(i, 1)
    expect((await Promise.all(takers)).flat().toSorted()).toEqual([0, 1, 2, 3])
  })

  it('leaves little to an eager taker, and gives a patient one what is much', async () => {
    const mailbox = box()
    const patient = mailbox.take(10, 1_000, never, { atLeast: 3, afterMs: 60_000 })
    const eager = mailbox.take(10, 1_000, never)
    mailbox.offer(1, 1)
    expect(await eager).toEqual([1])
    mailbox.offer(2, 1)
    mailbox.offer(3, 1)
    mailbox.offer(4, 1)
    expect(await patient).toEqual([2, 3, 4])
  })

  it('does not let anything lie when the eager taker is busy for long', async () => {
    const mailbox = box()
    const patient = mailbox.take(10, 1_000, never, { atLeast: 100, afterMs: 5 })
    mailbox.offer(1, 1)
    expect(await patient).toEqual([1])
  })
})
