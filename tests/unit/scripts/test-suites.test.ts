import { describe, expect, it } from 'vitest'
import { countVitest } from '../../../scripts/test-suites.ts'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((one) => ({ status: one })),
})

describe('the sum of a test run', () => {
  it('counts tests, and apart from them what was left out', () => {
    const testResults = [
      file('passed', 'passed', 'passed', 'skipped'),
      file('failed', 'passed', 'failed', 'todo'),
    ]
    expect(countVitest({ testResults })).toEqual({ passed: 3, failed: 1, skipped: 2 })
  })

  it('takes a file that cannot be loaded for a failure', () => {
    expect(countVitest({ testResults: [file('failed'), file('passed', 'passed')] })).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    })
  })
})
