// What people and programs read, as one list: each list, search, detail and chart, with what it may cost.
export interface Stored {
  org: string
  projectId: number
  /** The issue with most events, one in the middle, one of a single event. */
  issues: { loud: string; middling: string; single: string }
  /** An event in the middle of the loudest issue; its UTC day. */
  event: { id: string; day: string }
  user: string
  /** In one event in a few thousand; in hardly any. */
  words: { seldom: string; rare: string }
}

export interface ReadRoute {
  name: string
  path: string
  /** p95 aimed at, ms; none for what others are held against. */
  aimMs?: number
  /** A list that is also read at its hundredth page. */
  deep?: true
}

const AIM_MS = 50
/** The first answer of a search for events: it walks on in the next. */
const SEARCH_AIM_MS = 100

const INDIA = 'Asia/Kolkata'

export function readRoutes({ org, projectId, issues, event, user, words }: Stored): ReadRoute[] {
  const project = `/api/v1/projects/${projectId}`
  const at = (path: string, query: Record<string, string> = {}) =>
    Object.keys(query).length === 0 ? path : `${path}?${new URLSearchParams(query).toString()}`
  const list = (name: string, query: Record<string, string> = {}): ReadRoute => ({
    name: `issues ${name}`,
    path: at(`${project}/issues`, query),
    aimMs: AIM_MS,
    deep: true,
  })
  const search = (name: string, query: string, more: Record<string, string> = {}): ReadRoute => ({
    name: `events ${name}`,
    path: at(`${project}/events`, { query, since: '30d', ...more }),
    aimMs: SEARCH_AIM_MS,
  })
  const plain = (name: string, path: string): ReadRoute => ({ name, path, aimMs: AIM_MS })
  const ofOrg = `/api/v1/orgs/${org}`
  const counts = (name: string, query: Record<string, string> = {}): ReadRoute =>
    plain(`issue counts ${name}`, at(`${project}/issues/counts`, query))
  /** It belongs to a search, and stops with it. */
  const histogram = (name: string, query: Record<string, string> = {}): ReadRoute => ({
    name: `histogram ${name}`,
    path: at(`${project}/events/histogram`, { since: '30d', ...query }),
    aimMs: SEARCH_AIM_MS,
  })
  const issue = (id: string) => `${project}/issues/${id}`
  const stats = (name: string, query: Record<string, string> = {}): ReadRoute =>
    plain(`stats ${name} ${Object.values(query).join(' ')}`.trim(), at(`${project}/stats/${name}`, query))
  return [
    { name: 'baseline (system/health)', path: '/api/v1/system/health' },
    { name: 'baseline (me)', path: '/api/v1/me' },

    list('24h'),
    list('30d', { since: '30d' }),
    list('30d by firstSeen', { since: '30d', sort: 'firstSeen' }),
    list('30d by events', { since: '30d', sort: 'events' }),
    list('30d by users', { since: '30d', sort: 'users' }),
    list('24h by events', { sort: 'events' }),
    list('24h by users', { sort: 'users' }),
    list('resolved', { status: 'resolved' }),
    list('resolved by events', { status: 'resolved', sort: 'events' }),
    list('archived', { status: 'archived' }),
    list('30d level fatal', { since: '30d', level: 'fatal' }),
    list('30d production', { since: '30d', environment: 'production' }),
    list('24h development', { environment: 'development' }),
    list('30d development', { since: '30d', environment: 'development' }),
    list('30d development by events', { since: '30d', environment: 'development', sort: 'events' }),
    list('30d frequent word', { since: '30d', query: 'order' }),
    list('30d rare word', { since: '30d', query: words.rare }),
    list('30d word nowhere', { since: '30d', query: 'nowhereatall' }),
    list('30d wildcard nowhere', { since: '30d', query: 'title:never*anywhere' }),
    list('30d tag', { since: '30d', query: 'browser:"Firefox 143"' }),
    list('30d release', { since: '30d', query: 'release:shop@1.60.0' }),
    list('30d is:new', { since: '30d', query: 'is:new' }),
    list('30d is:regressed', { since: '30d', query: 'is:regressed' }),
    list('30d assigned:me', { since: '30d', query: 'assigned:me' }),
    list('30d user.id', { since: '30d', query: `user.id:${user}` }),

    counts('24h'),
    counts('30d', { since: '30d' }),
    counts('30d production', { since: '30d', environment: 'production' }),
    counts('30d development', { since: '30d', environment: 'development' }),
    counts('30d frequent word', { since: '30d', query: 'order' }),
    counts('30d tag', { since: '30d', query: 'browser:"Firefox 143"' }),
    counts('30d wildcard nowhere', { since: '30d', query: 'title:never*anywhere' }),

    { ...plain('org issues 24h', `${ofOrg}/issues`), deep: true },
    { ...plain('org issues 30d', at(`${ofOrg}/issues`, { since: '30d' })), deep: true },
    {
      ...plain('org issues 30d by events', at(`${ofOrg}/issues`, { since: '30d', sort: 'events' })),
      deep: true,
    },
    plain('org issues 30d tag', at(`${ofOrg}/issues`, { since: '30d', query: 'browser:"Firefox 143"' })),
    plain('org issue counts 24h', `${ofOrg}/issues/counts`),
    plain('org issue counts 30d', at(`${ofOrg}/issues/counts`, { since: '30d' })),

    { ...plain('events 24h', `${project}/events`), deep: true },
    { ...plain('events 30d', at(`${project}/events`, { since: '30d' })), deep: true },
    { ...plain('events 30d fatal', at(`${project}/events`, { since: '30d', level: 'fatal' })), deep: true },
    {
      ...plain(
        'events 30d development',
        at(`${project}/events`, { since: '30d', environment: 'development' }),
      ),
      deep: true,
    },
    { ...search('frequent word', 'order'), deep: true },
    search('seldom word', words.seldom),
    search('rare word', words.rare),
    search('word nowhere', 'nowhereatall'),
    search('wildcard nowhere', 'release:never*anywhere'),
    search('phrase nowhere', '"nowhere at all to be found"'),
    search('frequent tag', 'browser:"Chrome 141"'),
    search('rare tag', 'server:web-23 os:Linux browser:"Samsung Internet 28"'),
    search('tag nowhere', 'browser:Netscape'),
    search('has', 'has:nothing'),
    search('user.id', `user.id:${user}`),
    search('user.email', `user.email:${user.replace('u', 'user')}@example.com`),
    search('negation', '!environment:production level:fatal'),
    search('rare word, 90 days', words.rare, { since: '90d' }),

    histogram('24h', { since: '24h' }),
    histogram('30d'),
    histogram('30d development', { environment: 'development' }),
    histogram('30d frequent word', { query: 'order' }),
    histogram('30d rare word', { query: words.rare }),
    histogram('30d frequent tag', { query: 'browser:"Chrome 141"' }),
    histogram('30d tag', { query: 'browser:"Firefox 143"' }),

    plain('issue', issue(issues.loud)),
    { ...plain('issue events (loud)', at(`${issue(issues.loud)}/events`)), deep: true },
    plain('issue events (single)', `${issue(issues.single)}/events`),
    {
      ...plain('issue events search', at(`${issue(issues.loud)}/events`, { query: 'browser:"Firefox 143"' })),
      aimMs: SEARCH_AIM_MS,
    },
    plain('issue timeline 24h', `${issue(issues.loud)}/timeline`),
    plain('issue timeline 30d', at(`${issue(issues.loud)}/timeline`, { since: '30d' })),
    plain('issue tags (loud)', `${issue(issues.loud)}/tags`),
    plain('issue tags (single)', `${issue(issues.single)}/tags`),
    plain('issue activity', `${issue(issues.loud)}/activity`),
    plain('issue grouping', `${issue(issues.loud)}/grouping`),
    plain('issue latest event', `${issue(issues.loud)}/events/latest`),
    plain('issue oldest event', `${issue(issues.loud)}/events/oldest`),
    plain('issue latest event (middling)', `${issue(issues.middling)}/events/latest`),
    plain('event with its day', at(`${project}/events/${event.id}`, { day: event.day })),
    plain('event, bare id', `${project}/events/${event.id}`),
    plain('event of issue', `${issue(issues.loud)}/events/${event.id}`),

    ...['volume', 'health', 'tags', 'top-issues', 'outcomes'].flatMap((name) => [
      stats(name),
      stats(name, { since: '14d' }),
    ]),
    stats('volume', { since: '30d', timezone: INDIA }),
    stats('volume', { since: '30d', environment: 'development' }),
    stats('health', { since: '30d' }),
    stats('health', { since: '30d', environment: 'development' }),
    stats('top-issues', { since: '30d' }),
    stats('top-issues', { since: '30d', environment: 'development' }),
    stats('tags', { key: 'browser' }),
    stats('breakdown', { kind: 'environment' }),
    stats('breakdown', { kind: 'release', since: '14d' }),
    stats('breakdown', { kind: 'release', since: '30d' }),

    plain('search keys', at(`${project}/search/keys`, { list: 'events' })),
    plain('search values release', at(`${project}/search/values`, { key: 'release', prefix: 'shop' })),
    plain('search values tag', at(`${project}/search/values`, { key: 'browser', prefix: 'c', tag: 'true' })),
    plain('search values user', at(`${project}/search/values`, { key: 'user.email', prefix: 'user1' })),
    plain('org projects', `${ofOrg}/projects`),
    plain('org stats 24h', `${ofOrg}/stats/projects`),
    plain('org stats 14d', at(`${ofOrg}/stats/projects`, { since: '14d' })),
    plain('org stats 30d', at(`${ofOrg}/stats/projects`, { since: '30d' })),
    ...['members', 'views', 'alerts', 'audit', 'tokens', 'footprint'].map((name) =>
      plain(`org ${name}`, `${ofOrg}/${name}`),
    ),
    plain('project', project),
    ...['keys', 'discarded', 'alerts', 'alert-rules', 'footprint'].map((name) =>
      plain(`project ${name}`, `${project}/${name}`),
    ),
  ]
}
