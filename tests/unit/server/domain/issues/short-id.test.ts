import { describe, expect, it } from 'vitest'
import { issueIdOf, shortIdOf } from '#server/domain/issues/short-id.ts'

describe('short id', () => {
  it('is the project and the id in base 36, and leads back', () => {
    expect(shortIdOf('web', '159')).toBe('WEB-4F')
    expect(issueIdOf('web', 'WEB-4F')).toBe('159')
    expect(issueIdOf('web', 'web-4f')).toBe('159')
    const large = '131621703842267135'
    expect(issueIdOf('my-app', shortIdOf('my-app', large))).toBe(large)
  })

  it('lets a plain id be one', () => {
    expect(issueIdOf('web', '159')).toBe('159')
  })

  it.each(['API-4F', 'WEB-', 'WEB-4_F', '4F', 'WEB-ZZZZZZZZZZZZ', '-1', '9999999999999999999'])(
    'is not %s',
    (text) => {
      expect(issueIdOf('web', text)).toBeNull()
    },
  )
})
