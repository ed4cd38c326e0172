// The clients, where they come from, how their program is run, and in what they differ from the story: an SDK that has
// no cause, no stack or another level for a thing says so here, with the reason; everything else has to be as told.
import fs from 'node:fs'
import path from 'node:path'
import { npmCommand, npmFolder } from './npm-packages.ts'
import { runProgram } from './run-program.ts'
import type { Report, ReportName, Surroundings } from './story.ts'
import { visitPage } from './visit-page.ts'

/** What a client is told. */
export interface Errand {
  dsn: string
  /** Empty, for this run alone. */
  home: string
  untilArrived(): Promise<void>
}

export interface Dialect {
  platform: string
  /** Names of types and functions, as the language writes them. */
  type?: (name: string) => string
  call?: (name: string) => string
  /** By type: the whole in-app stack, where it is not just the functions of the story. */
  stacks?: Record<string, string[] | null>
  reports?: Partial<Record<ReportName, Partial<Report>>>
  surroundings?: Partial<Surroundings>
  /** Texts that may be shown nowhere. */
  hidden?: string[]
}

interface Common {
  name: string
  tells: readonly ReportName[]
  dialect: Dialect
  /** @returns what the program wrote */
  send(errand: Errand): Promise<string>
}
export interface NpmClient extends Common {
  from: 'npm'
  version: string
  folder: string
  dependencies: Record<string, string>
}
export interface DebianClient extends Common {
  from: 'debian'
  /** The first is the client, and says its version. */
  packages: readonly string[]
}
export type Client = NpmClient | DebianClient

const PROGRAMS = path.join(import.meta.dirname, 'programs')

/** The program, copied to where the client is found from it. */
function programIn(folder: string, file: string): string {
  const copy = path.join(npmFolder(folder), file)
  fs.copyFileSync(path.join(PROGRAMS, file), copy)
  return copy
}

const TELLS_IN_JAVASCRIPT = ['uncaught', 'caught', 'message', 'rejection'] as const

function node(version: string): NpmClient {
  const folder = `node-${version}`
  return {
    name: '@sentry/node',
    version,
    from: 'npm',
    folder,
    dependencies: { '@sentry/node': version },
    tells: TELLS_IN_JAVASCRIPT,
    dialect: {
      platform: 'node',
      // `?` is the module itself; a timer's callback stands on none.
      stacks: {
        StockError: ['?', 'countStock', 'takeFromShelf'],
        DeliveryError: ['?', 'deliver'],
      },
    },
    send: ({ dsn, home }) =>
      runProgram({
        command: process.execPath,
        args: [programIn(folder, 'node.cjs')],
        cwd: npmFolder(folder),
        env: { HOME: home, SENTRY_DSN: dsn },
      }),
  }
}

function page(
  program: 'browser' | 'vue',
  version: string,
  tells: readonly ReportName[],
  beside: Record<string, string> = {},
): NpmClient {
  const name = `@sentry/${program}`
  const folder = `${program}-${version}`
  return {
    name,
    version,
    from: 'npm',
    folder,
    dependencies: { [name]: version, ...beside },
    tells,
    dialect: pageDialect,
    send: ({ dsn, untilArrived }) =>
      visitPage({ program: programIn(folder, `${program}.js`), dsn, untilArrived }),
  }
}

/** The module and what the bundler wraps around it. Without a source map, all of a bundle is in-app. */
const BUNDLE = ['?', '?']
const pageDialect: Dialect = {
  platform: 'javascript',
  stacks: {
    StockError: [...BUNDLE, 'countStock', 'takeFromShelf'],
    DeliveryError: [...BUNDLE, 'deliver'],
    PaymentError: [...BUNDLE, 'checkout', 'placeOrder', 'chargeCard'],
    OrderError: [...BUNDLE, 'checkout', 'placeOrder'],
    BasketError: [
      ...BUNDLE,
      // Vue 3.5, on its way to the hook.
      ...['mount', 'mount', 'render', 'flushOnAppMount', 'flushPostFlushCbs', '__weh'],
      ...['callWithAsyncErrorHandling', 'callWithErrorHandling', '?'],
      ...['mounted', 'openBasket'],
    ],
  },
  // A page goes on after an error.
  reports: { uncaught: { level: 'error' } },
}

const SECRET = 'nobody-may-read-this'

const sentryCli: NpmClient = {
  name: '@sentry/cli',
  version: '3.8.0',
  from: 'npm',
  folder: 'cli',
  dependencies: { '@sentry/cli': '3.8.0' },
  tells: ['message'],
  dialect: {
    platform: 'native',
    // Lines of a log file are its only breadcrumbs.
    surroundings: {
      breadcrumbs: [
        { category: 'log', message: 'Put into the cart' },
        { category: 'log', message: 'Asked for the card' },
      ],
    },
    // It sends the whole environment.
    hidden: [SECRET],
  },
  send({ dsn, home }) {
    const log = path.join(home, 'shop.log')
    fs.writeFileSync(log, 'Put into the cart\nAsked for the card\n')
    const options = {
      '--message': ['Stock of A-1 is low'],
      '--level': ['info'],
      '--release': ['shop@1.4.2'],
      '--env': ['staging'],
      '--tag': ['plan:enterprise', 'region:eu'],
      '--user': ['id:42', 'username:jane', 'email:jane@example.org'],
      '--logfile': [log],
    }
    return runProgram({
      command: npmCommand('cli', 'sentry-cli'),
      args: [
        'send-event',
        ...Object.entries(options).flatMap(([option, values]) => values.flatMap((value) => [option, value])),
      ],
      cwd: home,
      env: { HOME: home, SENTRY_DSN: dsn, SENTRY_AUTH_TOKEN: SECRET, SHOP_API_KEY: SECRET },
    })
  },
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const TELLS_IN_SCRIPTS = ['uncaught', 'caught', 'message'] as const

const python: DebianClient = {
  name: 'sentry-sdk (Python)',
  from: 'debian',
  packages: ['python3-sentry-sdk'],
  tells: TELLS_IN_SCRIPTS,
  dialect: {
    platform: 'python',
    call: snakeCase,
    // A traceback begins where it was caught; the program itself is a function.
    stacks: {
      PaymentError: ['place_order', 'charge_card'],
      OrderError: ['<module>', 'checkout', 'place_order'],
    },
    reports: { uncaught: { level: 'error' } },
  },
  send: ({ dsn, home }) =>
    runProgram({
      command: '/usr/bin/python3',
      args: [path.join(PROGRAMS, 'python', 'shop.py')],
      cwd: home,
      env: { HOME: home, SENTRY_DSN: dsn },
    }),
}

const RUBY_STACKS = {
  StockError: ['<main>', 'count_stock', 'take_from_shelf'],
  PaymentError: ['<main>', 'checkout', 'place_order', 'charge_card'],
  OrderError: ['<main>', 'checkout', 'place_order', 'rescue in place_order'],
}

function ruby(
  client: Pick<DebianClient, 'name' | 'packages'> & { program: string; stacks: Dialect['stacks'] },
): DebianClient {
  const { name, packages, program, stacks } = client
  return {
    name,
    from: 'debian',
    packages,
    tells: TELLS_IN_SCRIPTS,
    dialect: {
      platform: 'ruby',
      stacks,
      // The program reports what ends it: to the SDK that is an exception like others.
      reports: { uncaught: { level: 'error', handled: null } },
    },
    send: ({ dsn, home }) =>
      runProgram({
        command: '/usr/bin/ruby',
        args: [path.join('app', program)],
        // What counts as in-app begins where the program is started.
        cwd: path.join(PROGRAMS, 'ruby'),
        env: { HOME: home, SENTRY_DSN: dsn },
      }),
  }
}

const go: DebianClient = {
  name: 'sentry-go',
  from: 'debian',
  packages: ['golang-github-getsentry-sentry-go-dev', 'golang-go'],
  tells: TELLS_IN_SCRIPTS,
  dialect: {
    platform: 'go',
    type: (name) => `*main.${name}`,
    // Errors are values without a stack: the SDK's is that of the report, or of the panic.
    stacks: {
      StockError: ['main', 'countStock'],
      PaymentError: null,
      OrderError: ['main', 'checkout', 'placeOrder'],
    },
    // It has no word for panics.
    reports: { uncaught: { handled: null } },
  },
  send: ({ dsn, home }) =>
    runProgram({
      command: '/usr/bin/go',
      args: ['run', path.join(PROGRAMS, 'go', 'shop.go')],
      cwd: home,
      // Debian's packages of Go are sources below a GOPATH.
      env: {
        ...{ HOME: home, SENTRY_DSN: dsn },
        ...{ GO111MODULE: 'off', GOPATH: '/usr/share/gocode', CGO_ENABLED: '0' },
        GOCACHE: path.join(npmFolder('..'), 'go'),
      },
    }),
}

export const CLIENTS: readonly Client[] = [
  ...['6.19.7', '7.120.4', '8.55.2', '9.47.2', '10.78.0', '11.12.0'].map(node),
  page('browser', '11.12.0', TELLS_IN_JAVASCRIPT),
  page('vue', '11.11.0', [...TELLS_IN_JAVASCRIPT, 'component'], { vue: '3.5.45' }),
  sentryCli,
  python,
  ruby({
    name: 'sentry-ruby',
    packages: ['ruby-sentry-ruby', 'ruby'],
    program: 'shop.rb',
    stacks: RUBY_STACKS,
  }),
  // The client before it: sends to /store/, compressed and in base64.
  ruby({
    name: 'sentry-raven (Ruby)',
    packages: ['ruby-sentry-raven', 'ruby'],
    program: 'shop_with_raven.rb',
    stacks: {
      ...RUBY_STACKS,
      PaymentError: RUBY_STACKS.PaymentError.toSpliced(1, 0, 'block in <main>'),
      OrderError: RUBY_STACKS.OrderError.toSpliced(1, 0, 'block in <main>'),
    },
  }),
  go,
]
