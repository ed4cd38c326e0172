// `npm run demo`: fills an organisation "Demo" with two weeks of believable errors of a small web shop, through the
// real line and the real writer. Works beside a running Mesher, and without one.
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { plural, say, seconds, step } from '../launcher/console.ts'
import { LauncherError } from '../launcher/launcher-error.ts'
import { DomainError } from '#server/domain/errors.ts'
import { setConfig } from '#server/domain/settings.ts'
import { openDatabase, setDatabase, useDatabase } from '#server/storage/database.ts'
import { findOrCreateInstallation } from '#server/storage/system/find-installation.ts'
import { measureClock } from '#server/storage/system/measure-clock.ts'
import { parseConfig } from '#shared/schemas/config.ts'
import { connect } from './demo/connect.ts'
import { makeEvents } from './demo/make-events.ts'
import { findOrMakeOwner } from './demo/owner.ts'
import { backdateProjects, findOrMakeProjects } from './demo/projects.ts'
import { daysBefore, DEMO_DAYS } from './demo/rhythm.ts'
import { shopApi } from './demo/shop-api.ts'
import { warehouse } from './demo/warehouse.ts'
import { webShop } from './demo/web-shop.ts'
import { foldAll, writeDemo } from './demo/write.ts'

const HELP = `npm run demo -- [options]
  --user email:password   sign this person up when nobody has yet
  --events N              about how many events (8,000)
  --seed text             other events of the same kind (demo)
  --again                 add another round to a demo that is there already`

const CATALOGUES = [shopApi, webShop, warehouse]
const DEFAULT_EVENTS = 8_000
const MOST_EVENTS = 1_000_000

function readOptions() {
  const { values } = parseArgs({
    options: {
      user: { type: 'string' },
      events: { type: 'string', default: String(DEFAULT_EVENTS) },
      seed: { type: 'string', default: 'demo' },
      again: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const events = Number(values.events)
  if (!Number.isInteger(events) || events < 1 || events > MOST_EVENTS)
    throw new LauncherError(`--events takes a whole number from 1 to ${MOST_EVENTS}.`)
  return { ...values, events }
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options.help) return void console.log(HELP)
  const parsed = parseConfig(process.env)
  if (!parsed.ok) throw new LauncherError(parsed.problems.join('\n'))
  const { url, served } = await connect(parsed.config, say, (close) => closers.push(close))
  const database = openDatabase(url)
  closers.push(() => database.close())
  setDatabase(database)
  const { secret, userSalt } = await findOrCreateInstallation(
    database.write,
    randomBytes(32).toString('base64url'),
  )
  setConfig({ ...parsed.config, secret: parsed.config.secret ?? secret })
  await fill(options, userSalt, `${parsed.config.publicUrl}/demo`, served)
}

const closers: (() => Promise<void>)[] = []
async function closeAll(): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop()) await close()
}

async function fill(
  options: ReturnType<typeof readOptions>,
  userSalt: Buffer,
  address: string,
  served: boolean,
): Promise<void> {
  const began = performance.now()
  const { write } = useDatabase()
  const owner = await findOrMakeOwner(options.user, say)
  const projects = await findOrMakeProjects(owner, CATALOGUES)
  const ids = [...projects.values()].map(({ id }) => id)
  const before = await countEvents(ids)
  if (before > 0 && !options.again) {
    say(`The demo is there already, with ${plural(before, 'event')}: ${address}`)
    say('To add another round: npm run demo -- --again')
    return
  }
  const now = Date.now() + (await measureClock(write))
  const seed = before > 0 ? `${options.seed} ${before}` : options.seed
  const events = makeEvents(CATALOGUES, { events: options.events, seed, now })
  const stored = await step(
    `Writing ${plural(events.length, 'event')}`,
    () => writeDemo(events, { projects, owner, userSalt, now }),
    (n) => `${plural(n, 'event')} written, received over the last ${DEMO_DAYS} days`,
  )
  await step(
    'Adding them up',
    () => foldAll(ids),
    () => 'Counts added up',
  )
  await backdateProjects(projects.values(), daysBefore(now, DEMO_DAYS + 1))
  await report(projects.values())
  say('')
  say(
    `Made in ${seconds(performance.now() - began)}${stored < events.length ? `; ${events.length - stored} were there already` : ''}.`,
  )
  say(served ? `Look at it: ${address}` : `Start Mesher (npm start), then look at it: ${address}`)
  say(`Signed in as ${owner.email}.`)
}

async function countEvents(projectIds: readonly number[]): Promise<number> {
  const { rows } = await useDatabase().write.query<{ n: number }>(
    `select coalesce(sum(event_count), 0) as n from group_total where project_id = any($1::int[])`,
    [projectIds],
  )
  return rows[0]!.n
}

async function report(projects: Iterable<{ id: number; name: string }>): Promise<void> {
  for (const { id, name } of projects) {
    const { rows } = await useDatabase().write.query<{ issues: number; events: number; states: string }>(
      `select count(*) as issues, coalesce(sum(n), 0) as events, string_agg(state || ' ' || of_it, ', ' order by of_it desc) as states
         from (select sum(event_count) as n, count(*) as of_it, coalesce(nullif(substatus, 'new'), status) as state, count(*) as c
                 from issue where project_id = $1 group by state) s`,
      [id],
    )
    const { events, states } = rows[0]!
    say(`  ${name.padEnd(10)} ${String(events).padStart(7)} events in issues: ${states}`)
  }
}

// A demo given up halfway is half a demo: `--again` goes on from there.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void closeAll().finally(() => process.exit(130)))
try {
  await main()
} catch (error) {
  const mistyped = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')
  const understood = mistyped || error instanceof LauncherError || error instanceof DomainError
  console.error(understood ? `\n${(error as Error).message}\n` : error)
  process.exitCode = 1
}
await closeAll()
