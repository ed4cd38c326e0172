import { describe, expect, it } from 'vitest'
import { takesGzip } from '#server/http/takes-gzip.ts'

describe('gzip', () => {
  it.each(['gzip', 'gzip, deflate, br, zstd', 'br;q=1.0, gzip;q=0.8, *;q=0.1', 'deflate,GZIP ; q=0.5'])(
    'is sent to who says %j',
    (accepted) => expect(takesGzip(accepted)).toBe(true),
  )

  it.each([undefined, '', 'br', 'identity', 'gzip;q=0', 'gzip; q=0.000, br', 'gzip;q=high', 'x-gzip', '*'])(
    'is not sent to who says %j',
    (accepted) => expect(takesGzip(accepted)).toBe(false),
  )
})
