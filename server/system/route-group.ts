// The kinds of address that requests are counted by: a closed list, so that no address somebody makes up becomes a
// series of its own.

export const ROUTE_GROUPS = ['ingest', 'auth', 'api', 'system', 'asset', 'page'] as const
export type RouteGroup = (typeof ROUTE_GROUPS)[number]

/** @param url as the request line has it; what an ingest door serves is not asked about here */
export function routeGroupOf(url: string): RouteGroup {
  if (url.startsWith('/api/v1/system/') || url.startsWith('/metrics')) return 'system'
  if (url.startsWith('/api/auth/')) return 'auth'
  if (url.startsWith('/api/')) return 'api'
  if (url.startsWith('/_nuxt/') || /^\/[^/?]+\.\w{2,5}($|\?)/.test(url)) return 'asset'
  return 'page'
}
