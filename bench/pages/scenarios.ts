// The pages people look at all day, and what each may make a browser load.
export interface PageScenario {
  name: string
  /** Below the project's address. */
  path: (places: { issueId: string }) => string
  /** Whether the drawing library is needed. */
  charts: boolean
}

const KIB = 1_024
export const MOST_SCRIPT_BYTES = { withCharts: 300 * KIB, without: 180 * KIB }

export const PAGE_SCENARIOS: readonly PageScenario[] = [
  { name: 'pages.overview', path: () => '', charts: true },
  { name: 'pages.issues', path: () => '/issues', charts: false },
  { name: 'pages.issue', path: ({ issueId }) => `/issues/${issueId}`, charts: false },
  { name: 'pages.events', path: () => '/events', charts: true },
  { name: 'pages.live', path: () => '/live', charts: false },
  { name: 'pages.alerts', path: () => '/alerts', charts: false },
  { name: 'pages.rules', path: () => '/alerts/rules', charts: false },
  { name: 'pages.settings', path: () => '/settings', charts: false },
  { name: 'pages.outcomes', path: () => '/settings/outcomes', charts: true },
]
