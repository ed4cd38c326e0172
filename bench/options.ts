// What `npm run bench` is told.
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { LauncherError } from '../launcher/launcher-error.ts'
import { DEFAULT_ENTRY } from './app.ts'
import { LIVE_SCENARIOS, type LiveScenario } from './live.ts'
import { PAGE_SCENARIOS, type PageScenario } from './pages/scenarios.ts'
import { READ_SCENARIOS, type ReadScenario } from './read/scenarios.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'

export const HELP = `npm run bench -- [options]
  --seconds N      how long each run lasts (10)
  --only a,b       runs whose names are or begin with these, such as ingest.single,read.100k,live,pages
  --quick          the few that matter most, 3 seconds each
  --entry FILE     the built server (.output/server/index.mjs)
  --dir DIRECTORY  where the throw-away database lives (.data); on a disk, or its commits cost nothing
  --keep           databases filled for reading stay there and are used again; each run adds what arrived in it
  --profile DIR    the server writes a CPU profile there when it ends
  --list           the names of all runs`

export interface Options {
  seconds: number
  scenarios: readonly Scenario[]
  reads: readonly ReadScenario[]
  /** Databases filled for reading stay. */
  keep: boolean
  /** Of the live socket; picked by name only. */
  live: readonly LiveScenario[]
  /** What pages load; picked by name only. */
  pages: readonly PageScenario[]
  /** Start-up time and memory at rest; left out when runs are picked by name. */
  rest: boolean
  quick: boolean
  entry: string
  directory: string
  /** Where the server's CPU profile goes, if one is wanted. */
  profile: string | null
}

const ALL: readonly { name: string }[] = [
  ...SCENARIOS,
  ...READ_SCENARIOS,
  ...LIVE_SCENARIOS,
  ...PAGE_SCENARIOS,
]
const SECONDS = 10
const QUICK_SECONDS = 3

/** Null: there was only something to print. Throws a LauncherError: its message is all there is to say. */
export function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      entry: { type: 'string', default: DEFAULT_ENTRY },
      dir: { type: 'string', default: path.join(import.meta.dirname, '..', '.data') },
      profile: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || values.list) {
    const names = ALL.map(({ name }) => name)
    console.log(values.help ? HELP : names.join('\n'))
    return null
  }
  const seconds = Number(values.seconds ?? (values.quick ? QUICK_SECONDS : SECONDS))
  if (!(seconds > 0 && seconds <= 3_600)) throw new LauncherError('--seconds takes a number from 1 to 3600')
  const entry = path.resolve(values.entry)
  if (!fs.existsSync(entry)) throw new LauncherError(`${entry} is missing: npm run build`)
  return {
    seconds,
    ...chosen(values.only, values.quick),
    keep: values.keep,
    rest: !values.only,
    quick: values.quick,
    entry,
    directory: path.resolve(values.dir),
    profile: values.profile === undefined ? null : path.resolve(values.profile),
  }
}

function chosen(
  only: string | undefined,
  quick: boolean,
): Pick<Options, 'scenarios' | 'reads' | 'live' | 'pages'> {
  if (!only)
    return {
      scenarios: SCENARIOS.filter(({ quick: short, onRequest }) => (quick ? short : !onRequest)),
      reads: READ_SCENARIOS.filter(({ onRequest }) => !quick && !onRequest),
      live: [],
      pages: [],
    }
  const wanted = only.split(',').map((name) => name.trim())
  const matches = (name: string, prefix: string) => name === prefix || name.startsWith(`${prefix}.`)
  const unknown = wanted.find((prefix) => !ALL.some(({ name }) => matches(name, prefix)))
  if (unknown !== undefined)
    throw new LauncherError(`There is no run ${unknown}; npm run bench -- --list names them`)
  const isWanted = ({ name, onRequest }: { name: string; onRequest?: true }) =>
    wanted.some((prefix) => (onRequest ? name === prefix : matches(name, prefix)))
  return {
    scenarios: SCENARIOS.filter(isWanted),
    reads: READ_SCENARIOS.filter(isWanted),
    live: LIVE_SCENARIOS.filter(isWanted),
    pages: PAGE_SCENARIOS.filter(isWanted),
  }
}
