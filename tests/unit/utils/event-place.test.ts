import { describe, expect, it } from 'vitest'
import { eventPlace } from '../../../utils/event-place.ts'

describe('DETAIL-06 the place of an event', () => {
  it.each([
    [{ newer: 0, older: 0 }, '1 of 1'],
    [{ newer: 11, older: 328 }, '12 of 340'],
    [{ newer: 0, older: 999 }, '1 of 1,000'],
    [{ newer: 0, older: 1_000 }, '1 of 1,000+'],
    [{ newer: 999, older: 1 }, '1,000 of 1,000+'],
    [{ newer: 1_000, older: 3 }, '1,000+ of 1,000+'],
  ])('%j is %s', (counted, words) => expect(eventPlace(counted)).toBe(words))
  it('is not made up', () => expect(eventPlace({ newer: 3 })).toBeNull())
})
