import { describe, expect, it } from 'vitest'
import { changedPlaces, countFiltered } from '#server/domain/ingest/changed-places.ts'

describe('changed places', () => {
  it('names what was replaced, replaced in part, and taken out, in the order of the event', () => {
    const before = {
      message: 'login?token=abc',
      user: { id: '1', ipAddress: '10.0.0.1' },
      request: { headers: [['Authorization', 'Bearer x']] },
      extra: { deep: [{ password: 'x', count: 4111111111111111 }], same: 'x' },
    }
    const after = {
      message: 'login?token=[Filtered]',
      user: { id: '1', ipAddress: undefined },
      request: { headers: [['Authorization', '[Filtered]']] },
      extra: { deep: [{ password: '[Filtered]', count: '[Filtered]' }], same: 'x' },
    }
    const { places, count } = changedPlaces(before, after, 100)
    expect(places.map(({ path, kind }) => `${path.join('.')} ${kind}`)).toEqual([
      'message part',
      'user.ipAddress removed',
      'request.headers.0.1 whole',
      'extra.deep.0.password whole',
      'extra.deep.0.count whole',
    ])
    expect(count).toBe(5)
  })

  it('sees a whole object that was replaced as one place', () => {
    const before = { extra: { credentials: { a: 1, b: 2 } } }
    const { places } = changedPlaces(before, { extra: { credentials: '[Filtered]' } }, 9)
    expect(places).toEqual([{ path: ['extra', 'credentials'], kind: 'whole' }])
  })

  it('counts beyond what it lists, and takes names from payloads as data', () => {
    const before = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as object
    const { places, count } = changedPlaces(before, {}, 2)
    expect(places.map(({ path }) => path[0])).toEqual(['__proto__', 'constructor'])
    expect(count).toBe(3)
  })

  it('counts texts in which something is filtered', () => {
    expect(countFiltered({ a: '[Filtered]', b: ['x=[Filtered]', 'y', 1, null], c: {} })).toBe(2)
  })
})
