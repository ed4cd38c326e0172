// Who waits for a node hears at once that it is lost.
import { expect, it, vi } from 'vitest'
import { createLinks } from '#server/mesh/links.ts'

it('CLUSTER-03: whoever waits hears of a lost link, once, and at once when it is not up', () => {
  const links = createLinks()
  const early = vi.fn<() => void>()
  links.onLost('b', early)
  expect(early).toHaveBeenCalledOnce()
  links.answered('b', 2)
  expect(links.find('b')).toEqual({ up: true, latencyMs: 2 })
  const [waiting, gaveUp] = [vi.fn<() => void>(), vi.fn<() => void>()]
  links.onLost('b', waiting)
  links.onLost('b', gaveUp)()
  links.lose('b')
  links.lose('b')
  expect(waiting).toHaveBeenCalledOnce()
  expect(gaveUp).not.toHaveBeenCalled()
  expect(links.find('b')?.up).toBe(false)
})

it('CLUSTER-03: a node that is no longer known is lost', () => {
  const links = createLinks()
  links.answered('b', 1)
  links.answered('c', 1)
  const lost = vi.fn<() => void>()
  links.onLost('b', lost)
  links.keep(new Set(['c']))
  expect(lost).toHaveBeenCalledOnce()
  expect(links.find('b')).toBeUndefined()
  expect(links.find('c')?.up).toBe(true)
})
