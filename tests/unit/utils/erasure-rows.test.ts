import { expect, it } from 'vitest'
import type { Erasure } from '#shared/schemas/erasure'
import { erasureRows } from '../../../utils/erasure-rows.ts'

const erasure = (values: Partial<Erasure>): Erasure => ({
  id: '1',
  label: 'Web',
  kind: 'project',
  events: 10,
  erased: 4,
  createdAt: '2026-11-23T10:00:00.000Z',
  finishedAt: null,
  ...values,
})

it('projects stand for themselves, issues are one row, and never more is removed than there was', () => {
  const rows = erasureRows([
    erasure({ id: '9', kind: 'issue', label: 'TypeError: x', events: 5, erased: 5 }),
    erasure({ id: '8', kind: 'issue', label: 'TypeError: y', events: 7, erased: 1 }),
    erasure({ id: '7', kind: 'issue', finishedAt: '2026-11-23T11:00:00.000Z' }),
    erasure({ id: '6', erased: 12 }),
    erasure({
      id: '5',
      kind: 'organization',
      label: 'Acme',
      events: 0,
      erased: 0,
      finishedAt: '2026-11-23T11:00:00.000Z',
    }),
  ])
  expect(rows.map(({ id, label, running, events, erased }) => [id, label, running, events, erased])).toEqual([
    ['issues', '2 issues', true, 12, 6],
    ['6', 'Web', true, 12, 12],
    ['5', 'Acme', false, 0, 0],
  ])
  const [one] = erasureRows([erasure({ kind: 'issue', label: 'TypeError: x' })])
  expect(one).toMatchObject({ label: 'TypeError: x', events: 10, erased: 4 })
})
