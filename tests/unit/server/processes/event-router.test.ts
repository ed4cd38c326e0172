// What becomes of an event whose project another node owns: every way its journey can end.
import { describe, expect, it } from 'vitest'
import { createIntake, NO_ROOM, OVERLOADED } from '#server/pipeline/intake.ts'
import { createOutcomeTally } from '#server/pipeline/outcome.ts'
import { createEventRouter, type EventRouterDeps } from '#server/processes/event-router.ts'
import { readBatch, readVerdicts, writeBatch, writeVerdicts } from '#server/processes/routed-batch.ts'
import type { Routed } from '#server/mesh/types.ts'
import { encodedEvent } from '../../../support/encoded.ts'

const never = new AbortController().signal
const STORED = { outcome: 'stored' } as const

/** A node whose project is owned by `other`, which answers as it is told. */
function createNode({
  alone = false,
  owner = 'other' as string | null,
  route = async (): Promise<Routed> => ({ status: 'gone' }),
  now = () => 1_000,
}: Partial<{
  alone: boolean
  owner: string | null
  route: EventRouterDeps['mesh']['route']
  now: () => number
}> = {}) {
  const intake = createIntake()
  const tally = createOutcomeTally()
  const sent: Uint8Array[] = []
  const router = createEventRouter({
    ...{ intake, tally, now },
    mesh: {
      alone,
      ownerElsewhere: () => owner ?? undefined,
      route(kind, id, bytes, withinMs) {
        sent.push(bytes)
        return route(kind, id, bytes, withinMs)
      },
      spawn: () => [],
    },
  })
  /** The writer of this node, once. */
  const storeWaiting = async () => {
    const batch = await intake.take(never, false)
    for (const item of batch) item.settle(STORED)
    return batch.map(({ event }) => event)
  }
  return { router, intake, tally, sent, storeWaiting }
}

const event = () => encodedEvent({ projectId: 7 })

describe('an event', () => {
  it('is for the own intake when the node is alone, or the owner', async () => {
    for (const options of [{ alone: true }, { owner: null }]) {
      const { router, storeWaiting, sent } = createNode(options)
      const verdict = router.submit(event())
      await storeWaiting()
      expect(await verdict).toBe(STORED)
      expect(sent).toEqual([])
    }
  })

  it('gets the verdict of its owner, those that came together in one batch', async () => {
    const { router, sent } = createNode({
      route: async (_kind, _id, bytes) => ({
        status: 'answered',
        answer: writeVerdicts(
          readBatch(bytes).events.map((_, i) => ({ outcome: i === 0 ? 'duplicate' : 'stored' })),
        ),
      }),
    })
    const verdicts = await Promise.all([
      router.submit(event()),
      router.submit(event()),
      router.submit(event()),
    ])
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['duplicate', 'stored', 'stored'])
    expect(sent).toHaveLength(1)
    expect(router.counts).toMatchObject({ sent: 3, fallenBack: 0, refused: 0 })
  })

  it('is written here when the owner is lost, and known to have been tried', async () => {
    const { router, storeWaiting } = createNode()
    const verdict = router.submit(event())
    const [written] = await storeWaiting()
    expect(written!.tried).toBe(true)
    expect(await verdict).toBe(STORED)
    expect(router.counts.fallenBack).toBe(1)
  })

  it('is written here when the answer is that of another version', async () => {
    const { router, storeWaiting } = createNode({
      route: async () => ({ status: 'answered', answer: Buffer.from('something else') }),
    })
    const verdict = router.submit(event())
    await storeWaiting()
    expect(await verdict).toBe(STORED)
  })

  it('is refused, and counted once, when the owner is slow: nobody does its work twice', async () => {
    const { router, tally, intake } = createNode({ route: async () => ({ status: 'slow' }) })
    expect(await router.submit(event())).toBe(OVERLOADED)
    expect(tally.totals.overloaded).toBe(1)
    expect(intake.waiting).toBe(0)
  })
})

describe('the owner', () => {
  const batchOf = (deadline: number) => writeBatch({ deadline, events: [event(), event()] })

  it('works on what was sent, and answers with its verdicts', async () => {
    const { router, storeWaiting } = createNode({ owner: null })
    const answer = router.process('Project', '7', batchOf(2_000))
    await storeWaiting()
    expect(readVerdicts(await answer, 2)).toEqual([STORED, STORED])
  })

  it('never sends on what was sent to it, whoever it thinks is the owner', async () => {
    const { router, storeWaiting, sent } = createNode({ owner: 'other' })
    const answer = router.process('Project', '7', batchOf(2_000))
    await storeWaiting()
    await answer
    expect(sent).toEqual([])
  })

  it('begins nothing of a batch whose time is over, and does not count it: its sender has', async () => {
    const { router, intake, tally } = createNode()
    expect(readVerdicts(await router.process('Project', '7', batchOf(999)), 2)).toEqual([
      OVERLOADED,
      OVERLOADED,
    ])
    expect(intake.waiting).toBe(0)
    expect(tally.totals.overloaded).toBe(0)
  })

  it('counts what there is no room for', async () => {
    const tally = createOutcomeTally()
    const router = createEventRouter({
      ...{ tally, now: () => 1_000, intake: { submit: async () => NO_ROOM } },
      mesh: {
        alone: false,
        ownerElsewhere: () => undefined,
        route: async () => ({ status: 'here' }),
        spawn: () => [],
      },
    })
    expect(readVerdicts(await router.process('Project', '7', batchOf(2_000)), 2)).toEqual([NO_ROOM, NO_ROOM])
    expect(tally.totals.overloaded).toBe(2)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['half a batch', Buffer.from(batchOf(1)).subarray(0, 200)],
    ['another value', writeVerdicts([])],
  ])('refuses %s', async (_, bytes) => {
    await expect(createNode().router.process('Project', '7', bytes)).rejects.toThrow()
  })

  it('takes no answer for the verdicts of another number of events', () => {
    expect(() => readVerdicts(writeVerdicts([STORED]), 2)).toThrow()
    expect(() => readVerdicts(Buffer.from('x'), 1)).toThrow()
  })
})
