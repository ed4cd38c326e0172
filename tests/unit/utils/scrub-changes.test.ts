import { expect, it } from 'vitest'
import { scrubChanges } from '../../../utils/scrub-changes.ts'

const OFF = { enabled: true, extraFields: ['a', 'b'], safeFields: [], dropIpAddresses: false }

it('says what is different between two scrubbing settings', () => {
  expect(scrubChanges(OFF, { ...OFF, extraFields: ['b', 'a'] })).toEqual([])
  expect(
    scrubChanges(OFF, {
      enabled: false,
      extraFields: ['b', 'c', 'd'],
      safeFields: ['e'],
      dropIpAddresses: true,
    }),
  ).toEqual([
    'filtering off',
    'fields to filter: 2 more, 1 fewer',
    'fields never filtered: 1 more',
    'IP addresses dropped',
  ])
})
