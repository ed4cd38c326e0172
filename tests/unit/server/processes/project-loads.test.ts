// When a project gets helpers, and loses them.
import { expect, it } from 'vitest'
import { createProjectLoads } from '#server/processes/project-loads.ts'

const LIMITS = { helpAbove: 10, helpBelow: 2, calmMs: 1_000 }

function createTimed() {
  let now = 0
  let reachable = ['b', 'c']
  const loads = createProjectLoads({
    mesh: {
      spawn: (projectId, most) =>
        reachable.slice(0, most).map((nodeId, k) => ({ id: `${projectId}#${k}`, nodeId })),
    },
    limits: LIMITS,
    now: () => now,
  })
  const ends: (() => void)[] = []
  const done: Promise<void>[] = []
  return {
    loads,
    pass: (ms: number) => (now += ms),
    lose: (nodeId: string) => (reachable = reachable.filter((one) => one !== nodeId)),
    begin(n: number) {
      for (let i = 0; i < n; i++)
        done.push(loads.during(7, new Promise<void>((resolve) => ends.push(resolve))))
    },
    async end() {
      for (const end of ends.splice(0)) end()
      await Promise.all(done.splice(0))
    },
    helpers: () => loads.state().helpers.map(({ id, nodeId }) => `${id} on ${nodeId}`),
  }
}

it('CLUSTER-05: one more helper each time too much waits, as many as there are other nodes', async () => {
  const { loads, begin, helpers } = createTimed()
  begin(5)
  loads.look()
  expect(helpers()).toEqual([])
  expect(loads.helperFor(7)).toBeUndefined()
  begin(6)
  loads.look()
  expect(helpers()).toEqual(['7#0 on b'])
  loads.look()
  loads.look()
  expect(helpers()).toEqual(['7#0 on b', '7#1 on c'])
  expect([loads.helperFor(7), loads.helperFor(7), loads.helperFor(7)]).toEqual(['7#0', '7#1', '7#0'])
  expect(loads.helperFor(8)).toBeUndefined()
})

it('CLUSTER-05: what this node manages itself it does itself, and calm projects let their helpers go', async () => {
  const { loads, begin, end, helpers, pass } = createTimed()
  begin(11)
  loads.look()
  loads.look()
  await end()
  begin(4)
  expect(loads.helperFor(7)).toBeUndefined()
  pass(5_000)
  loads.look()
  expect(helpers()).toHaveLength(2)
  await end()
  loads.look()
  pass(1_001)
  loads.look()
  expect(helpers()).toHaveLength(1)
  pass(1_001)
  loads.look()
  expect(helpers()).toHaveLength(0)
})

it('CLUSTER-05: a helper whose node is gone is replaced, or missing', () => {
  const { loads, begin, helpers, lose } = createTimed()
  begin(11)
  loads.look()
  loads.look()
  lose('b')
  loads.look()
  expect(helpers()).toEqual(['7#0 on c'])
})
