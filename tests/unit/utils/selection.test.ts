import { describe, expect, it } from 'vitest'
import { kept, NOTHING, toggled, toggledAll, toggledTo } from '../../../utils/selection.ts'

const ORDER = ['a', 'b', 'c', 'd', 'e']
const chosen = ({ ids }: { ids: ReadonlySet<string> }) => ORDER.filter((id) => ids.has(id)).join('')

describe('UI-07 choosing rows', () => {
  it('one by one', () => {
    const one = toggled(NOTHING, 'b')
    expect(chosen(one)).toBe('b')
    expect(chosen(toggled(one, 'b'))).toBe('')
  })

  it('a range with shift, in both directions, from the row chosen last', () => {
    expect(chosen(toggledTo(toggled(NOTHING, 'b'), 'd', ORDER))).toBe('bcd')
    expect(chosen(toggledTo(toggled(NOTHING, 'd'), 'b', ORDER))).toBe('bcd')
    const wide = toggledTo(toggled(NOTHING, 'a'), 'e', ORDER)
    expect(chosen(toggledTo(wide, 'c', ORDER))).toBe('de')
    expect(chosen(toggledTo(NOTHING, 'c', ORDER))).toBe('c')
    expect(chosen(toggledTo({ ids: new Set(), anchor: 'gone' }, 'c', ORDER))).toBe('c')
  })

  it('the whole page, and none of it', () => {
    const all = toggledAll(toggled(NOTHING, 'b'), ORDER)
    expect(chosen(all)).toBe('abcde')
    expect(chosen(toggledAll(all, ORDER))).toBe('')
    expect(chosen(toggledAll(NOTHING, []))).toBe('')
  })

  it('rows that left are not chosen any more', () => {
    const three = toggledTo(toggled(NOTHING, 'a'), 'c', ORDER)
    expect(kept(three, ['b', 'c', 'd'])).toEqual({ ids: new Set(['b', 'c']), anchor: null })
  })
})
