import { describe, expect, it } from 'vitest'
import { cutMiddle } from '../../../utils/format-path.ts'

describe('cutMiddle', () => {
  it('leaves short paths', () => expect(cutMiddle('src/app.js', 20)).toBe('src/app.js'))
  it('keeps the beginning and the file', () => {
    const cut = cutMiddle('/usr/lib/python3.12/site-packages/urllib3/connectionpool.py', 40)
    expect([...cut]).toHaveLength(40)
    expect(cut).toMatch(/^\/usr.*…/)
    expect(cut.endsWith('/connectionpool.py')).toBe(true)
  })
  it('does not cut a letter of two units in half', () => {
    expect(cutMiddle('🙂'.repeat(50), 11).isWellFormed()).toBe(true)
  })
})
