import { describe, expect, it } from 'vitest'
import { baseName, cutMiddle } from '../../../utils/format-path.ts'

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

describe('baseName', () => {
  it.each([
    ['https://x.example/a/b.js?v=1#l', 'b.js'],
    ['C:\\app\\main.cs', 'main.cs'],
    ['main.py', 'main.py'],
    ['/', '/'],
  ])('%s', (path, name) => expect(baseName(path)).toBe(name))
})
