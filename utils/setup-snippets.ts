// The lines to copy on the set-up page. They hold the project's DSN (or, for curl, its key), so that they run as they
// are. Mesher speaks the Sentry protocol: every unmodified Sentry SDK works.
import { platformName } from '#shared/constants/platforms'

export interface Snippet {
  title: string
  code: string
}
export interface SnippetTab {
  id: string
  label: string
  hint: string
  snippets: Snippet[]
}

export interface DsnParts {
  key: string
  /** Where Mesher is reached, with its base path and without a slash at the end. */
  origin: string
  projectId: string
}

/** `{scheme}://{key}@{host}[/{base}]/{projectId}`; null when it is something else. */
export function parseDsn(dsn: string): DsnParts | null {
  const found = /^(https?):\/\/([0-9a-f]+)@([^/]+)((?:\/[^/]+)*)\/(\d+)$/.exec(dsn)
  if (!found) return null
  const [, scheme, key, host, base, projectId] = found
  return { key: key!, origin: `${scheme}://${host}${base}`, projectId: projectId! }
}

const INIT: Record<string, (dsn: string) => Snippet[]> = {
  node: (dsn) => [
    { title: 'Install', code: 'npm install @sentry/node' },
    {
      title: 'First lines of your program',
      code: `import * as Sentry from '@sentry/node'\n\nSentry.init({ dsn: '${dsn}' })`,
    },
    { title: 'Try it', code: `Sentry.captureException(new Error('Hello, Mesher'))` },
  ],
  browser: (dsn) => [
    { title: 'Install', code: 'npm install @sentry/browser' },
    {
      title: 'Before anything else runs',
      code: `import * as Sentry from '@sentry/browser'\n\nSentry.init({ dsn: '${dsn}' })`,
    },
    { title: 'Try it', code: `setTimeout(() => { throw new Error('Hello, Mesher') })` },
  ],
  vue: (dsn) => [
    { title: 'Install', code: 'npm install @sentry/vue' },
    {
      title: 'main.ts',
      code: `import { createApp } from 'vue'\nimport * as Sentry from '@sentry/vue'\nimport App from './App.vue'\n\nconst app = createApp(App)\nSentry.init({ app, dsn: '${dsn}' })\napp.mount('#app')`,
    },
  ],
  react: (dsn) => [
    { title: 'Install', code: 'npm install @sentry/react' },
    {
      title: 'main.tsx, before rendering',
      code: `import * as Sentry from '@sentry/react'\n\nSentry.init({ dsn: '${dsn}' })`,
    },
  ],
  python: (dsn) => [
    { title: 'Install', code: 'pip install sentry-sdk' },
    { title: 'First lines of your program', code: `import sentry_sdk\n\nsentry_sdk.init(dsn="${dsn}")` },
    { title: 'Try it', code: '1 / 0' },
  ],
  django: (dsn) => [
    { title: 'Install', code: 'pip install "sentry-sdk[django]"' },
    { title: 'settings.py', code: `import sentry_sdk\n\nsentry_sdk.init(dsn="${dsn}")` },
  ],
  ruby: (dsn) => [
    { title: 'Install', code: 'bundle add sentry-ruby' },
    {
      title: 'First lines of your program',
      code: `require "sentry-ruby"\n\nSentry.init do |config|\n  config.dsn = "${dsn}"\nend`,
    },
  ],
  go: (dsn) => [
    { title: 'Install', code: 'go get github.com/getsentry/sentry-go' },
    {
      title: 'main.go',
      code: `err := sentry.Init(sentry.ClientOptions{\n\tDsn: "${dsn}",\n})\nif err != nil {\n\tlog.Fatal(err)\n}\ndefer sentry.Flush(2 * time.Second)`,
    },
  ],
  php: (dsn) => [
    { title: 'Install', code: 'composer require sentry/sentry' },
    { title: 'First lines of your program', code: `\\Sentry\\init(['dsn' => '${dsn}']);` },
  ],
  java: (dsn) => [
    { title: 'build.gradle', code: `implementation 'io.sentry:sentry:8.+'` },
    { title: 'First lines of main', code: `Sentry.init(options -> {\n  options.setDsn("${dsn}");\n});` },
  ],
  dotnet: (dsn) => [
    { title: 'Install', code: 'dotnet add package Sentry' },
    { title: 'Program.cs', code: `SentrySdk.Init(options =>\n{\n    options.Dsn = "${dsn}";\n});` },
  ],
}

const curl = ({ key, origin }: DsnParts): Snippet[] => [
  {
    title: 'One event from a terminal',
    code: [
      `curl -X POST '${origin}/api/v1/events' \\`,
      `  -H 'Content-Type: application/json' \\`,
      `  -H 'X-Mesher-Key: ${key}' \\`,
      `  -d '{"level":"error","message":"Hello, Mesher","environment":"test"}'`,
    ].join('\n'),
  },
]

const other = (dsn: string): Snippet[] => [
  { title: 'DSN, for any Sentry SDK', code: dsn },
  { title: 'As an environment variable, which most SDKs read', code: `export SENTRY_DSN='${dsn}'` },
]

const HINTS: Record<string, string> = {
  curl: 'No SDK: one request, one event.',
  other: 'Mesher understands the Sentry protocol. Take the Sentry SDK of your language and give it this DSN.',
}
const COMMON = ['curl', 'node', 'browser', 'python', 'other']
const LABELS: Record<string, string> = { curl: 'curl', browser: 'Browser', other: 'Other' }

/** The tabs, the project's own platform first; and which of them opens. */
export function snippetTabs(platform: string, dsn: string): { tabs: SnippetTab[]; first: string } {
  const parts = parseDsn(dsn)
  const own = platform === 'javascript' ? 'browser' : platform
  const ids = own in INIT && !COMMON.includes(own) ? [own, ...COMMON] : COMMON
  const tabs = ids.map((id) => ({
    id,
    label: LABELS[id] ?? platformName(id),
    hint: HINTS[id] ?? 'An unmodified Sentry SDK; only the DSN is yours.',
    snippets: id === 'curl' ? (parts ? curl(parts) : []) : id === 'other' ? other(dsn) : INIT[id]!(dsn),
  }))
  return { tabs, first: own in INIT ? own : 'curl' }
}
