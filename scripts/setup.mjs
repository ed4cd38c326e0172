// Makes a checkout ready: packages, generated database client, built server. Each only when missing or stale, so that
// the second time takes a moment. Runs before start, test, check, bench and demo, on whatever Node npm runs on (20 or
// newer) and with nothing installed: Node's own modules only, nothing newer than Node 20.
//
//   node scripts/setup.mjs [--no-build] [--force]
//
// --no-build: everything but the server (for `npm run dev`, lint and the like). --force: take nothing for fresh.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const LEAST_NODE = 20
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const inRoot = (...parts) => path.join(root, ...parts)
const force = process.argv.includes('--force')
const withBuild = !process.argv.includes('--no-build')

const BUILD_SOURCES = [
  ...['nuxt.config.ts', 'app.config.ts', 'app.vue', 'error.vue', 'prisma/schema.prisma'],
  ...['assets', 'components', 'composables', 'layouts', 'middleware', 'pages', 'plugins', 'public'],
  ...['server', 'shared', 'utils'],
]
const GENERATED = path.join('server', 'storage', 'generated')
const lockFile = inRoot('.setup.lock')
/** The Node that comes with the packages: what is installed here is run by it, whatever runs this script. */
const projectNode = inRoot('node_modules', '.bin', 'node')

class SetupError extends Error {}

/** The step's program, to be ended with this one. */
let running

const say = (line) => console.log(`  ${line}`)
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

// ── What is stale ──────────────────────────────────────────────────────────────────────────────────────────────────

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function* filesUnder(name) {
  const stat = fs.statSync(inRoot(name), { throwIfNoEntry: false })
  if (!stat) return
  if (!stat.isDirectory()) {
    yield name
    return
  }
  if (name === GENERATED) return
  for (const entry of fs.readdirSync(inRoot(name)).sort()) yield* filesUnder(path.join(name, entry))
}

function digest(names) {
  const hash = createHash('sha256')
  for (const name of names) {
    for (const file of filesUnder(name))
      hash
        .update(file)
        .update('\0')
        .update(fs.readFileSync(inRoot(file)))
  }
  return hash.digest('hex')
}

/** npm's own record of what lies in node_modules, held against the lock file: also right after a bare `npm ci`. */
function packagesAreFresh() {
  const wanted = JSON.parse(read(inRoot('package-lock.json'))).packages
  const record = read(inRoot('node_modules', '.package-lock.json'))
  if (!record || !fs.existsSync(projectNode)) return false
  const present = JSON.parse(record).packages
  const asWanted = ([name, { version }]) => wanted[name]?.version === version
  const isNeeded = ([name, entry]) => name && !entry.optional && !entry.devOptional && !entry.peer
  // The record does not notice a removed folder; our own dependencies are worth a look each.
  const own = Object.keys({ ...wanted[''].dependencies, ...wanted[''].devDependencies })
  return (
    Object.entries(present).every(asWanted) &&
    Object.entries(wanted)
      .filter(isNeeded)
      .every(([name]) => name in present) &&
    own.every((name) => fs.existsSync(inRoot('node_modules', name, 'package.json')))
  )
}

const stamps = {
  client: { file: inRoot(GENERATED, '.stamp'), needs: inRoot(GENERATED, 'prisma', 'client.ts') },
  types: { file: inRoot('.nuxt', '.mesher-stamp'), needs: inRoot('.nuxt', 'tsconfig.json') },
  build: { file: inRoot('.output', '.mesher-stamp'), needs: inRoot('.output', 'server', 'index.mjs') },
}
const isFresh = ({ file, needs }, value) => !force && fs.existsSync(needs) && read(file) === value
const stampWith = ({ file }, value) => fs.writeFileSync(file, value)

function staleSteps() {
  const install = force || !packagesAreFresh()
  const client = digest(['prisma/schema.prisma', 'package-lock.json'])
  // Adding a component or a page changes the types, changing one does not.
  const names = BUILD_SOURCES.flatMap((name) => [...filesUnder(name)])
  const types = createHash('sha256')
    .update(names.join('\n') + digest(['nuxt.config.ts', 'package-lock.json']))
    .digest('hex')
  const build = digest([...BUILD_SOURCES, 'package-lock.json'])
  const steps = []
  if (install) steps.push({ ...STEPS.install, after: () => {} })
  if (install || !isFresh(stamps.client, client)) {
    steps.push({ ...STEPS.client, after: () => stampWith(stamps.client, client) })
  }
  const stampTypes = () => stampWith(stamps.types, types)
  if (withBuild && (install || !isFresh(stamps.build, build))) {
    const stampBoth = () => {
      stampWith(stamps.build, build)
      stampTypes()
    }
    steps.push({ ...STEPS.build, after: stampBoth })
  } else if (install || !isFresh(stamps.types, types)) {
    steps.push({ ...STEPS.types, after: stampTypes })
  }
  return steps
}

// ── What is done about it ──────────────────────────────────────────────────────────────────────────────────────────

/** Without node_modules/.bin: `npm ci` removes the Node in there while it works. */
const outerPath = () =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((directory) => path.resolve(directory) !== inRoot('node_modules', '.bin'))
    .join(path.delimiter)

const TRUE = ['/bin/true', '/usr/bin/true'].find((file) => fs.existsSync(file)) ?? 'true'

const STEPS = {
  install: {
    doing: 'Installing packages (the first time takes a minute or two)',
    done: 'Packages installed',
    advice:
      'npm ci failed. It needs the network (or a filled npm cache) and write access to node_modules. ' +
      'Its last words are above; after putting that right, run the same command again.',
    run: () =>
      run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
        PATH: outerPath(),
      }),
  },
  client: {
    doing: 'Generating the database client',
    done: 'Database client generated',
    advice: 'prisma generate failed. Look at prisma/schema.prisma; npm ci puts a damaged installation right.',
    // `generate` never runs the schema engine, but would download one.
    run: () =>
      runWithProjectNode(['prisma', 'build', 'index.js'], ['generate'], {
        PRISMA_SCHEMA_ENGINE_BINARY: TRUE,
      }),
  },
  types: {
    doing: 'Preparing types',
    done: 'Types prepared',
    advice: 'nuxt prepare failed. Look at nuxt.config.ts and the file named above.',
    run: () => runWithProjectNode(['nuxt', 'bin', 'nuxt.mjs'], ['prepare']),
  },
  build: {
    doing: 'Building the server and the web app (half a minute, about 1.5 GB of memory)',
    done: 'Server built',
    advice:
      'The build failed. Its last words are above. "heap out of memory" or "Killed" means it needs more memory.',
    run: () => runWithProjectNode(['nuxt', 'bin', 'nuxt.mjs'], ['build']),
  },
}

const runWithProjectNode = (program, args, env) =>
  run(projectNode, [inRoot('node_modules', ...program), ...args], env)

/** Silent while it works; on failure its last lines are shown. */
function run(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: {
        ...process.env,
        NUXT_TELEMETRY_DISABLED: '1',
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running = child
    let tail = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        tail = (tail + chunk).slice(-20_000)
      })
    }
    const fail = (why) =>
      reject(new SetupError(`${tail.trimEnd().split('\n').slice(-40).join('\n')}\n(${why})`))
    child.on('error', (error) => fail(error.message))
    child.on('close', (code, signal) => (code === 0 ? resolve() : fail(signal ?? `exit code ${code}`)))
  })
}

async function perform({ doing, done, advice, run: work, after }) {
  const began = Date.now()
  say(`… ${doing}`)
  const tick = setInterval(() => say(`  … ${seconds(began)}`), 10_000)
  try {
    await work()
    after()
    say(`✓ ${done} (${seconds(began)})`)
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    throw new SetupError(`${error.message}\n\n${advice}`)
  } finally {
    clearInterval(tick)
  }
}

// ── One at a time ──────────────────────────────────────────────────────────────────────────────────────────────────

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Two set-ups in one checkout would delete each other's files; the later one waits and then finds all fresh. */
async function takeTurn() {
  for (let waited = 0; ; waited++) {
    try {
      fs.writeFileSync(lockFile, String(process.pid), { flag: 'wx' })
      process.on('exit', () => fs.rmSync(lockFile, { force: true }))
      return
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new SetupError(
          `${root} cannot be written (${error.code}), and something in it has to be made or renewed.`,
        )
      }
    }
    const owner = Number(read(lockFile))
    if (owner && !isAlive(owner)) fs.rmSync(lockFile, { force: true })
    else if (waited % 20 === 0) say(`… another set-up works here (process ${owner}): waiting for it`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function main() {
  if (Number(process.versions.node.split('.')[0]) < LEAST_NODE) {
    throw new SetupError(
      `Mesher needs Node ${LEAST_NODE} or newer to install; this is ${process.version}. Get one from https://nodejs.org.`,
    )
  }
  if (staleSteps().length === 0) return
  await takeTurn()
  // After each step anew: what comes next may depend on what was just made.
  for (const done = new Set(); ;) {
    const [next] = staleSteps().filter((step) => !done.has(step.doing))
    if (!next) return
    await perform(next)
    done.add(next.doing)
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    running?.kill('SIGTERM')
    process.exit(130)
  })
}
try {
  await main()
} catch (error) {
  console.error(error instanceof SetupError ? `\n${error.message}\n` : error)
  process.exitCode = 1
}
