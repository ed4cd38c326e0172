import { describe, expect, it } from 'vitest'
import { breadcrumbData, breadcrumbKind, breadcrumbText } from '../../../utils/breadcrumb-kind.ts'

describe('DETAIL-03 breadcrumbs', () => {
  it('knows what they are about', () => {
    expect(breadcrumbKind({ type: 'http', category: 'fetch' })).toBe('http')
    expect(breadcrumbKind({ type: 'default', category: 'ui.click' })).toBe('ui')
    expect(breadcrumbKind({ category: 'console' })).toBe('log')
    expect(breadcrumbKind({ category: 'constructor' })).toBe('other')
    expect(breadcrumbKind({})).toBe('other')
  })

  it('reads requests and navigations from their data', () => {
    const request = { data: { method: 'GET', url: '/a', status_code: 500, reason: 'x' } }
    expect(breadcrumbText(request)).toBe('GET /a → 500')
    expect(breadcrumbData(request)).toEqual([['reason', 'x']])
    expect(breadcrumbText({ data: { from: '/a', to: '/b' } })).toBe('/a → /b')
  })

  it('keeps all data beside a message', () => {
    const crumb = { message: 'hello', data: { url: '/a' } }
    expect(breadcrumbText(crumb)).toBe('hello')
    expect(breadcrumbData(crumb)).toEqual([['url', '/a']])
  })
})
