import { describe, expect, it } from 'vitest'
import { stamp } from '#server/domain/ingest/stamp.ts'
import { expiriesOf } from '#server/domain/retention/expiry.ts'
import { RETENTION_DAYS } from '#shared/constants/limits.ts'

const HOUR_MS = 3_600_000
const now = new Date('2026-11-23T10:00:00Z')
const ago = (hours: number) => new Date(now.getTime() - hours * HOUR_MS)

describe('weeks to look into', () => {
  it('RETAIN-01: hold every event of the range, whatever the retention was, and no hidden one', () => {
    for (const hours of [1, 24, 24 * 7, 24 * 30, 24 * 100]) {
      const expiries = new Set(expiriesOf({ since: ago(hours), until: null }, now))
      for (let at = ago(hours).getTime(); at <= now.getTime(); at += HOUR_MS) {
        for (const days of RETENTION_DAYS) {
          const { expiresOn } = stamp(at, days)
          expect(expiries.has(expiresOn)).toBe(expiresOn > '2026-11-23')
        }
      }
    }
  })

  it('are few for a short range and bounded for any', () => {
    expect(expiriesOf({ since: ago(24), until: null }, now).length).toBeLessThanOrEqual(6)
    expect(expiriesOf({ since: null, until: null }, now).length).toBeLessThanOrEqual(15)
    expect(expiriesOf({ since: new Date(0), until: new Date('9999-01-01') }, now).length).toBeLessThanOrEqual(
      15,
    )
    expect(expiriesOf({ since: new Date(0), until: new Date(1) }, now)).toEqual([])
    expect(expiriesOf({ since: new Date(Number.NaN), until: null }, now)).toEqual([])
  })
})
