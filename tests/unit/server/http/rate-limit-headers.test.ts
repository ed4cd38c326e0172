import { describe, expect, it } from 'vitest'
import { rateLimitHeaders } from '#server/http/rate-limit-headers.ts'

describe('headers of a refusal for the rate', () => {
  it('name time, what is limited and whose limit it is', () => {
    expect(rateLimitHeaders(17, 'key')).toEqual({
      'retry-after': '17',
      'x-sentry-rate-limits': '17:error;default;security:key',
    })
    expect(rateLimitHeaders(1, 'project')['x-sentry-rate-limits']).toBe('1:error;default;security:project')
  })
})
