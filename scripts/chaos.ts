// `npm run chaos`: the ingest line under faults, for as long as is wanted, of one node or of a mesh of several. A fresh
// PostgreSQL and built servers of its own; events come all the time, and somebody looks at each node, while all are
// killed, frozen, stopped and cut off at random. Then everything runs out, and it is proved that each acknowledged event
// is stored once and counted once, that each cause alerted once, and that who looked was told. Exit code 1 when
// anything is wrong; then the seed and the directory are kept and printed.
import { randomInt } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { systemProcesses } from '#shared/schemas/system.ts'
import { DEFAULT_ENTRY, freePort } from '../bench/app.ts'
import { makeProject } from '../bench/database.ts'
import { plural, say, step } from '../launcher/console.ts'
import { readInstallation } from '../launcher/installation.ts'
import { LauncherError } from '../launcher/launcher-error.ts'
import { ApiClient } from '../tests/support/api-client.ts'
import { storeRule } from '../tests/support/alerts.ts'
import { insertReader } from '../tests/support/live-node.ts'
import { startOwnPostgres } from '../tests/support/own-postgres.ts'
import { randomFrom } from '../tests/support/random.ts'
import { injectFaults, workersOf, type Injected } from './chaos/inject.ts'
import { KeptServer } from './chaos/kept-server.ts'
import { planFaults } from './chaos/plan.ts'
import { proveAll, type Check } from './chaos/proof.ts'
import { checkMemory, reportChecks, reportEvents, reportFaults } from './chaos/report.ts'
import { Sender } from './chaos/sender.ts'
import { Watcher } from './chaos/watcher.ts'
import { closeAll, onClose, runProgram } from './run-program.ts'

const HELP = `npm run chaos -- [options]
  --minutes N   how long faults are injected (10)
  --rate N      events a second (300)
  --nodes N     how many nodes, as one mesh (1)
  --seed N      the same faults in the same order as another run (chosen and printed)`

const ISSUES = 20
/** The most that seeds are asked for: what the generator tells apart. */
const SEEDS = 2 ** 32
/** Times the rate: so that quota is leased and counted, and refuses nobody but after many second attempts. */
const QUOTA = 4
const READY_MS = 60_000
const RUN_OUT_MS = 120_000

interface Options {
  minutes: number
  rate: number
  nodes: number
  seed: number
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      rate: { type: 'string', default: '300' },
      nodes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(randomInt(SEEDS)) },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const [minutes, rate, seed] = [Number(values.minutes), Number(values.rate), Number(values.seed)]
  const nodes = Number(values.nodes)
  if (!(Number.isInteger(nodes) && nodes >= 1 && nodes <= 9))
    throw new LauncherError('--nodes takes a whole number from 1 to 9.')
  if (!(minutes > 0 && minutes <= 1_440)) throw new LauncherError('--minutes takes a number up to 1,440.')
  if (!(rate >= 1 && rate <= 5_000)) throw new LauncherError('--rate takes a number from 1 to 5,000.')
  if (!(Number.isInteger(seed) && seed >= 0 && seed < SEEDS))
    throw new LauncherError('--seed takes a whole number from 0 to 4294967295.')
  if (process.platform !== 'linux')
    throw new LauncherError('The processes of PostgreSQL are found in /proc: npm run chaos needs Linux.')
  if (!fs.existsSync(DEFAULT_ENTRY)) throw new LauncherError(`${DEFAULT_ENTRY} is missing: npm run build`)
  return { minutes, rate, nodes, seed }
}

async function main(): Promise<void> {
  const options = readOptions()
  if (!options) return void console.log(HELP)
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-chaos-'))
  say(`Seed ${options.seed}, directory ${directory}`)
  let failed = 1
  onClose(async () => {
    if (failed === 0) fs.rmSync(directory, { recursive: true, force: true })
    else
      say(
        `Kept: ${directory} (npm run chaos -- --minutes ${options.minutes} --rate ${options.rate} --nodes ${options.nodes} --seed ${options.seed})`,
      )
  })
  const checks = await run(options, directory)
  failed = checks.filter(({ wrong }) => wrong !== null).length
  await closeAll()
  console.log(`${checks.length - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

async function run({ minutes, rate, nodes, seed }: Options, directory: string): Promise<Check[]> {
  const totalMs = minutes * 60_000
  const postgres = await step(
    'Starting PostgreSQL',
    () => startOwnPostgres({ dataDirectory: directory, durable: true }),
    () => 'PostgreSQL is there',
  )
  onClose(() => postgres.stop())
  const pool = () => {
    const made = new pg.Pool({ connectionString: postgres.url, max: 4, application_name: 'chaos' })
    made.on('error', () => {}) // its next query says it
    return made
  }
  const { secret } = await readInstallation(postgres.url, undefined)
  const preparing = pool()
  const project = await makeProject(preparing, 'chaos')
  await preparing.query(
    'update project set rate_limit_per_minute = $2, new_issues_per_hour = default where id = $1',
    [project.id, rate * 60 * QUOTA],
  )
  await storeRule(preparing, project.id, { trigger: { type: 'new_issue' } })
  const servers: KeptServer[] = []
  for (let i = 0; i < nodes; i++) {
    const own = nodes === 1 ? directory : path.join(directory, `node-${i + 1}`)
    fs.mkdirSync(own, { recursive: true })
    const env = { MESHER_NODE_INDEX: String(i) }
    servers.push(
      new KeptServer({
        port: await freePort(),
        directory: own,
        database: { url: postgres.url, secret },
        env,
      }),
    )
  }
  onClose(() => Promise.all(servers.map((server) => server.close())))
  await step(
    `Starting ${plural(nodes, 'server')}`,
    () => Promise.all(servers.map((server) => server.untilReady(READY_MS))),
    () => `${plural(nodes, 'server is', 'servers are')} there`,
  )
  const first = await new ApiClient(servers[0]!.url).signUp('Ada')
  const processes = workersOf(systemProcesses.parse((await first.get('/api/v1/system/processes')).body).tree)
  const { rows } = await preparing.query<{ id: number }>(
    'select organization_id as id from project where id = $1',
    [project.id],
  )
  const { token } = await insertReader(preparing, rows[0]!.id)
  await preparing.end()
  const watchers = servers.map(({ port }) => new Watcher({ port, token, projectId: project.id }))
  onClose(async () => watchers.forEach((watcher) => watcher.close()))

  const sender = new Sender({
    ...{ ports: servers.map(({ port }) => port), key: project.key, issues: ISSUES, totalMs },
    ...{ ratePerSecond: rate, random: randomFrom(seed + 1) },
  })
  onClose(async () => sender.close())
  // A mesh notices a frozen node after some seconds, and gives its work away after some more.
  const frozenTimes = nodes === 1 ? 1 : 3
  const plan = planFaults(randomFrom(seed), totalMs).map((fault) =>
    fault.kind === 'server frozen' ? { ...fault, forMs: fault.forMs * frozenTimes } : fault,
  )
  const injected: Injected[] = []
  onClose(async () =>
    fs.writeFileSync(path.join(directory, 'faults.json'), JSON.stringify(injected, null, 2)),
  )
  const stopped = new AbortController()
  onClose(async () => stopped.abort())
  const { ledger } = sender
  const target = {
    ...{ postgres, processes },
    servers: servers.map((server) => {
      const owner = new ApiClient(server.url)
      owner.cookies = first.cookies
      return { server, owner }
    }),
  }
  const from = Date.now()
  sender.start()
  await step(
    `${plural(plan.length, 'fault')} in ${plural(minutes, 'minute')}, ${rate} events/s`,
    () =>
      Promise.all([injectFaults(plan, target, { ledger, injected, signal: stopped.signal }), sleep(totalMs)]),
    () => `${plural(injected.length, 'fault')} injected`,
  )
  const to = Date.now()
  sender.stop()
  await step(
    'Letting everything run out',
    () => sender.untilAllAcknowledged(RUN_OUT_MS).catch(() => {}), // counted and named by the proof
    () => `${ledger.acknowledged} of ${plural(ledger.sentAt.length, 'event')} acknowledged`,
  )
  const last = injected.at(-1)
  if (last) last.longestWaitMs = ledger.takeLongestWaitMs()
  const proving = pool()
  onClose(() => proving.end())
  const { proof, checks } = await step(
    'Proving',
    () => proveAll({ pool: proving, projectId: project.id, directory, servers, ledger, watchers }),
    () => 'Looked at everything stored',
  )
  checks.push(
    checkInjected(plan.length, injected),
    ...servers.map(({ memory }, i) =>
      checkMemory(
        memory,
        [from, to],
        nodes === 1 ? 'the server does not grow' : `server ${i + 1} does not grow`,
      ),
    ),
  )
  reportFaults(injected)
  reportEvents(ledger, proof.stored)
  say(`Lost ${proof.lost}, twice ${proof.twice}`)
  for (const [i, { events, connections, rereads, issues }] of watchers.entries())
    say(
      `Who looked at node ${i + 1}: ${plural(connections, 'connection')}, ${plural(events, 'event')}, ` +
        `${plural(issues.size, 'issue')}, list read again ${plural(rereads, 'time')}`,
    )
  reportChecks(checks)
  say('')
  return checks
}

function checkInjected(planned: number, injected: readonly Injected[]): Check {
  const failures = injected.filter(({ failure }) => failure !== null)
  const wrong = [
    ...(injected.length === planned ? [] : [`${injected.length} of ${planned} were begun`]),
    ...failures.map(({ name, failure }) => `${name}: ${failure}`),
  ]
  return { name: 'every fault could be injected', wrong: wrong.length > 0 ? wrong.join('; ') : null }
}

await runProgram(main)
