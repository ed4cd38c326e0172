import { describe, expect, it } from 'vitest'
import { GROUPING_METHODS, groupFor, type GroupingMethods } from '#server/domain/grouping/versions.ts'
import { group as groupV1 } from '#server/domain/grouping/v1.ts'
import { thrown } from '../samples.ts'

const event = thrown('E', 'v 1', [{ function: 'pay', filename: '/srv/app/shop.js', in_app: true }])
const hash = Buffer.alloc(16, 2)
const methods: GroupingMethods = new Map([
  ...GROUPING_METHODS,
  [2, () => ({ version: 2, hash, why: { strategy: 'constant', version: 2, parts: [] } })],
])

describe('which version groups an event', () => {
  it('GROUP-05: the project’s; a settled project is grouped by one alone', () => {
    expect(groupFor({ version: 1, previous: null }, event, methods)).toEqual(groupV1(event))
    expect(groupFor({ version: 2, previous: null }, event, methods)).toMatchObject({ version: 2, hash })
    expect(groupFor({ version: 2, previous: null }, event, methods)).not.toHaveProperty('previous')
  })

  it('GROUP-05: while a project moves, by both', () => {
    expect(groupFor({ version: 2, previous: 1 }, event, methods)).toMatchObject({
      ...{ version: 2, hash },
      previous: groupV1(event),
    })
  })

  it('GROUP-05: a node that does not know the version yet groups by the newest it knows', () => {
    expect(groupFor({ version: 2, previous: 1 }, event)).toEqual(groupV1(event))
    expect(groupFor({ version: 3, previous: 2 }, event, methods)).toMatchObject({ version: 2 })
    expect(() => groupFor({ version: 1, previous: null }, event, new Map())).toThrow('version 1')
  })

  it('GROUP-05: each shipped version says which it is', () => {
    for (const [version, method] of GROUPING_METHODS) {
      const grouping = method(event)
      expect(grouping.version).toBe(version)
      expect(grouping.why.version).toBe(version)
      expect(grouping.hash).toHaveLength(16)
    }
  })
})
