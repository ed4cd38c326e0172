import { describe, expect, it } from 'vitest'
import type { Breadcrumb } from '../../../shared/schemas/event.ts'
import {
  breadcrumbKinds,
  filterBreadcrumbs,
  type BreadcrumbFilter,
} from '../../../utils/breadcrumb-filter.ts'

const CRUMBS: Breadcrumb[] = [
  { category: 'fetch', data: { url: 'https://api.example/Cart', status_code: 500 } },
  { category: 'ui.click', message: 'button.buy' },
  { category: 'console', level: 'warning', message: 'card declined' },
  { category: 'console', level: 'debug', message: 'noise' },
]
const found = (filter: Partial<BreadcrumbFilter>) =>
  filterBreadcrumbs(
    CRUMBS.map((crumb, index) => ({ crumb, index })),
    { kinds: [], text: '', ...filter },
  ).map(({ index }) => index)

describe('DETAIL-03 filtering breadcrumbs', () => {
  it('shows all when nothing is asked', () => expect(found({})).toEqual([0, 1, 2, 3]))
  it('by kind, several of them', () => {
    expect(found({ kinds: ['log'] })).toEqual([2, 3])
    expect(found({ kinds: ['http', 'ui'] })).toEqual([0, 1])
  })
  it('by the least level; without one it is information', () => {
    expect(found({ level: 'info' })).toEqual([0, 1, 2])
    expect(found({ level: 'warning' })).toEqual([2])
  })
  it('by text in message, category and data, taken as it is written', () => {
    expect(found({ text: ' CART ' })).toEqual([0])
    expect(found({ text: 'ui.c' })).toEqual([1])
    expect(found({ text: '.*' })).toEqual([])
  })
  it('by all at once', () => expect(found({ kinds: ['log'], level: 'warning', text: 'noise' })).toEqual([]))
  it('counts the kinds that are there, commonest first', () =>
    expect(breadcrumbKinds(CRUMBS)).toEqual([
      ['log', 2],
      ['http', 1],
      ['ui', 1],
    ]))
})
