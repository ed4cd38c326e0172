import { describe, expect, it } from 'vitest'
import type { Exception } from '../../../shared/schemas/event.ts'
import { exceptionSequence } from '../../../utils/exception-sequence.ts'

const plain = (type: string): Exception => ({ type })
const node = (
  type: string,
  exceptionId: number,
  parentId?: number,
  more: Exception['mechanism'] = {},
): Exception => ({
  type,
  mechanism: { exceptionId, parentId, ...more },
})
const shape = (exceptions: Exception[]) =>
  exceptionSequence(exceptions).map(({ exception, relation, depth }) => [exception.type, relation, depth])

describe('DETAIL-02 exceptionSequence', () => {
  it('shows what was thrown first, then its causes', () => {
    expect(shape([plain('Root'), plain('Middle'), plain('Thrown')])).toEqual([
      ['Thrown', null, 0],
      ['Middle', 'Caused by', 0],
      ['Root', 'Caused by', 0],
    ])
  })

  it('says when an error was raised while another was handled', () => {
    const exceptions = [node('Inner', 1, 0, { source: '__context__' }), node('Outer', 0)]
    expect(shape(exceptions)).toEqual([
      ['Outer', null, 0],
      ['Inner', 'Raised while handling', 0],
    ])
  })

  it('shows the members of a group beneath it, in their order', () => {
    const exceptions = [
      node('B-cause', 3, 2, { source: 'cause' }),
      node('B', 2, 0, { source: 'errors[1]' }),
      node('A', 1, 0, { source: 'errors[0]' }),
      node('Group', 0, undefined, { isExceptionGroup: true }),
    ]
    expect(shape(exceptions)).toEqual([
      ['Group', null, 0],
      ['A', 'In the group, errors[0]', 1],
      ['B', 'In the group, errors[1]', 1],
      ['B-cause', 'Caused by', 1],
    ])
  })

  it('shows each once when parents make a ring or do not exist', () => {
    expect(shape([node('A', 0, 1), node('B', 1, 0)]).map(([type]) => type)).toEqual(['B', 'A'])
    expect(shape([node('A', 5, 99), node('B', 6, 98)])).toHaveLength(2)
    expect(shape([node('Self', 1, 1), node('Other', 2, 1)])).toHaveLength(2)
  })

  it('does not repeat a hostile source', () => {
    const exceptions = [node('A', 1, 0, { source: '<b>x</b>' }), node('B', 0)]
    expect(shape(exceptions)[1]?.[1]).toBe('Caused by')
  })

  it('takes none', () => expect(shape([])).toEqual([]))
})
