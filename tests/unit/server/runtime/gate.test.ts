import { expect, it } from 'vitest'
import { behind, createGate } from '#server/runtime/gate.ts'
import { supervise, type ChildSpec } from '#server/runtime/supervisor.ts'
import { until } from '../../../support/until.ts'

const child = (id: string, begun: string[]): ChildSpec => ({
  id,
  restart: 'permanent',
  shutdownMs: 1_000,
  async start({ signal, ready }) {
    begun.push(id)
    ready()
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  },
})
const treeOf = (...children: ChildSpec[]) =>
  supervise({
    id: 'root',
    strategy: 'one_for_one',
    maxRestarts: 0,
    withinMs: 1_000,
    backoff: { initialMs: 1, maxMs: 1, factor: 1, jitter: 0 },
    children,
  })

it('RESIL-03: behind a closed gate a process is ready and idle, its neighbours run; opened, it begins', async () => {
  const begun: string[] = []
  const gate = createGate(false)
  const tree = treeOf(behind(gate, child('waits', begun)), child('runs', begun))
  await tree.started
  expect(begun).toEqual(['runs'])
  gate.open()
  await until(() => begun.includes('waits'), 1_000)
  await tree.stop()
  expect(await tree.done).toBe('stopped')
})

it('RESIL-03: stopped before the gate opened, a process never begins', async () => {
  const begun: string[] = []
  const gate = createGate(false)
  const tree = treeOf(behind(gate, child('waits', begun)))
  await tree.started
  await tree.stop()
  gate.open()
  expect(await tree.done).toBe('stopped')
  expect(begun).toEqual([])
})

it('behind an open gate a process is itself', () => {
  const spec = child('a', [])
  expect(behind(createGate(true), spec)).toBe(spec)
})
