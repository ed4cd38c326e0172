import { describe, expect, it } from 'vitest'
import { safeNextPath } from '../../../utils/next-path.ts'

describe('safeNextPath', () => {
  it.each(['/acme', '/acme/web/issues/12?range=7d#event', '/sign-in/../acme'])('follows %s', (path) => {
    expect(safeNextPath(path)).toBe(path)
  })

  it.each([
    ['//example.org'],
    ['/\\example.org'],
    ['/acme\\..\\x'],
    ['https://example.org/'],
    ['javascript:alert(1)'],
    ['/\t/example.org'],
    ['/acme\r\nlocation: x'],
    ['acme'],
    [''],
    [undefined],
    [['/a', '/b']],
  ])('stays here for %j', (path) => {
    expect(safeNextPath(path)).toBe('/')
  })
})
