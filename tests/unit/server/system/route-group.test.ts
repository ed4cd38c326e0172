import { expect, it } from 'vitest'
import { ROUTE_GROUPS, routeGroupOf } from '#server/system/route-group.ts'

it.each([
  ['/api/v1/orgs/acme', 'api'],
  ['/api/auth/sign-in/email', 'auth'],
  ['/api/v1/system/health', 'system'],
  ['/metrics', 'system'],
  ['/_nuxt/entry.js', 'asset'],
  ['/favicon.svg?v=1', 'asset'],
  ['/acme/web/issues?q=x.js', 'page'],
  ['/', 'page'],
  ['//evil.example/%00', 'page'],
  ['', 'page'],
])('OPS-01: %s is counted as %s', (url, group) => {
  expect(routeGroupOf(url)).toBe(group)
  expect(ROUTE_GROUPS).toContain(group)
})
