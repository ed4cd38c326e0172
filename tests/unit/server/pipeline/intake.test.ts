// The intake's diversion: who owns an event, and that it gets one verdict.
import { describe, expect, it, vi } from 'vitest'
import { createIntake } from '#server/pipeline/intake.ts'
import { encodedEvent } from '../../../support/encoded.ts'

const event = () => encodedEvent({ projectId: 1 })
const never = new AbortController().signal

function createTimed() {
  let now = 1_000
  const intake = createIntake(() => now)
  return { intake, pass: (ms: number) => (now += ms) }
}

describe('the intake', () => {
  it('says how long nothing has been answered, and 0 when nothing waits', async () => {
    const { intake, pass } = createTimed()
    expect(intake.stalledMs).toBe(0)
    void intake.submit(event())
    const second = intake.submit(event())
    pass(1_500)
    expect(intake.stalledMs).toBe(1_500)
    const [, two] = await intake.take(never, false)
    two!.settle({ outcome: 'stored' })
    await second
    // One of two was answered: PostgreSQL is there, if slow.
    expect(intake.stalledMs).toBe(0)
    pass(700)
    expect(intake.stalledMs).toBe(700)
    expect(intake.olderThan(2_000)).toHaveLength(1)
    expect(intake.olderThan(2_300)).toHaveLength(0)
  })

  it('a refusal is no answer of PostgreSQL', async () => {
    const { intake, pass } = createTimed()
    void intake.submit(event())
    void intake.submit(event())
    pass(3_000)
    const [one] = await intake.take(never, false)
    one!.settle({ outcome: 'overloaded', retryAfterSeconds: 5 })
    expect(intake.stalledMs).toBe(3_000)
  })

  it('RESIL-01: diverted, everything without a verdict belongs to the spool, in the order it came', async () => {
    const { intake } = createTimed()
    const events = Array.from({ length: 6 }, event)
    for (const e of events.slice(0, 2)) void intake.submit(e)
    const inHand = await intake.take(never, false)
    for (const e of events.slice(2, 4)) void intake.submit(e)
    const letGo = vi.fn()
    const forget = intake.onDivert(letGo)
    intake.divert()
    intake.divert()
    expect(letGo).toHaveBeenCalledOnce()
    expect(inHand.every((item) => item.diverted)).toBe(true)
    for (const e of events.slice(4)) void intake.submit(e)
    expect(intake.takeNow()).toEqual([])
    expect(intake.waiting).toBe(6)
    expect(intake.takeDivertedNow().map((item) => item.event)).toEqual(events)

    forget()
    intake.resume()
    void intake.submit(event())
    expect(intake.takeNow()).toHaveLength(1)
    intake.divert()
    expect(letGo).toHaveBeenCalledOnce()
    // What the spool has in its hand is not handed to it again.
    expect(intake.takeDivertedNow()).toHaveLength(1)
  })

  it('the first verdict counts', async () => {
    const { intake } = createTimed()
    const verdict = intake.submit(event())
    const [item] = intake.takeNow()
    item!.settle({ outcome: 'stored' })
    item!.settle({ outcome: 'overloaded', retryAfterSeconds: 5 })
    expect(await verdict).toEqual({ outcome: 'stored' })
    expect(item!.settled).toBe(true)
  })
})
