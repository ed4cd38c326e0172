// The proof, when everything has run out: what was acknowledged is stored once, nothing else is, and every count,
// announcement and stamp says the same. Each check answers null, or in words what is wrong.
import fs from 'node:fs'
import path from 'node:path'
import type pg from 'pg'
import { prove, untilFolded, type Proof } from '../../bench/database.ts'
import { eventId, RUN_DIGITS } from '../../bench/event-ids.ts'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import type { Outcome } from '#shared/schemas/stats.ts'
import { until } from '../../tests/support/until.ts'
import type { KeptServer } from './kept-server.ts'
import type { Ledger } from './ledger.ts'
import type { Watcher } from './watcher.ts'

export interface Check {
  name: string
  wrong: string | null
}

export interface ProofInput {
  pool: pg.Pool
  projectId: number
  directory: string
  servers: readonly KeptServer[]
  ledger: Ledger
  /** One at each node. */
  watchers: readonly Watcher[]
}

const SPOOL_EMPTY_MS = 120_000
const CAUGHT_UP_MS = 30_000
/** Both clocks are this machine's; stamps are whole milliseconds, and a clock's offset is measured to a few. */
const STAMP_TOLERANCE_MS = 10
const PAGE = 20_000
/** What a sender may be told while things are down. */
const EXPECTED = new Set([
  'broken',
  'not answered',
  '503',
  '429',
  'overloaded',
  'rate_limited',
  'unavailable',
])
const UNCAUGHT = /Unhandled rejection|Uncaught exception|The root supervisor gave up|FATAL ERROR/

const words = (wrong: readonly string[], most = 5): string | null =>
  wrong.length === 0
    ? null
    : wrong.slice(0, most).join('; ') + (wrong.length > most ? `; and ${wrong.length - most} more` : '')

export async function proveAll(input: ProofInput): Promise<{ proof: Proof; checks: Check[] }> {
  const { pool, projectId, ledger, servers } = input
  const checks: Check[] = []
  const check = (name: string, wrong: string | null) => checks.push({ name, wrong })
  check('the spool is empty, nothing of it set aside', await emptySpool(input.directory))
  check(
    'everything is added up',
    await untilFolded(pool, projectId).then(
      () => null,
      (error: Error) => error.message,
    ),
  )
  const acknowledged = ledger.acknowledgedAt.flatMap((at, number) => (at === 0 ? [] : [number]))
  const proof = await prove(pool, projectId, ledger.run, Uint32Array.from(acknowledged))
  const unanswered = ledger.sentAt.length - acknowledged.length
  check('every event was acknowledged in the end', unanswered ? `${unanswered} were not` : null)
  check('nothing acknowledged is lost', proof.lost ? `${proof.lost} are` : null)
  check('nothing is stored twice', proof.twice ? `${proof.twice} are` : null)
  const { strangers, stamps } = await readStored(input)
  check('nothing is stored that was not sent', words(strangers))
  check('events were received between sending and acknowledgement', words(stamps))
  const sums = Object.entries(proof.wrongSums).map(([name, sum]) => `${name} is ${sum}, not ${proof.stored}`)
  check('issue counts, group totals, rollups and the outcome "stored" equal what is stored', words(sums, 20))
  check('affected users are counted once', await wrongUsers(input))
  check('no event had another outcome than stored or duplicate', await otherOutcomes(input))
  check('each issue is made, noted and announced once', await wrongIssues(input))
  const answers = [...ledger.refused].filter(([how]) => !EXPECTED.has(how))
  check('senders heard nothing they should not', words(answers.map(([how, n]) => `${how}, ${n} times`)))
  check('one alert for each new issue', await wrongAlerts(input))
  check('who looked knows each new issue, whatever happened to their node', await unseenIssues(input))
  check(
    'servers ended only when they were told to, and cleanly when asked',
    words(servers.flatMap(({ findings }) => findings)),
  )
  check('no error in a server was left uncaught', words(servers.flatMap(({ logFile }) => uncaught(logFile))))
  return { proof, checks }
}

/** On the disk, whoever it belongs to. */
async function emptySpool(directory: string): Promise<string | null> {
  const files = () => {
    const all = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' })
    return all.filter((name) => name.split(path.sep).includes('spool') && name.includes('.spool'))
  }
  try {
    await until(() => files().length === 0, SPOOL_EMPTY_MS)
    return null
  } catch {
    return `left: ${words(files())}`
  }
}

async function readStored({ pool, projectId, ledger, servers }: ProofInput) {
  const strangers: string[] = []
  const stamps: string[] = []
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const { rows } = await pool.query<{ id: string; at: number }>(
      `select event_id as id, extract(epoch from received_at)::float8 * 1000 as at
       from event where project_id = $1 and event_id > $2 order by event_id limit ${PAGE}`,
      [projectId, after],
    )
    for (const { id, at } of rows) {
      const number = numberOf(id.replaceAll('-', ''), ledger)
      if (number === null) strangers.push(id)
      else {
        const early = Math.round(ledger.sentAt[number]! - at)
        const acknowledgedAt = ledger.acknowledgedAt[number]!
        // At another node an earlier attempt may come in, and be stamped, after a later one was acknowledged.
        const several = servers.length > 1 && ledger.triesOf[number]! > 0
        const late = acknowledgedAt === 0 || several ? 0 : Math.round(at - acknowledgedAt)
        if (early > STAMP_TOLERANCE_MS) stamps.push(`${id} ${early} ms before it was sent`)
        if (late > STAMP_TOLERANCE_MS) stamps.push(`${id} ${late} ms after its acknowledgement`)
      }
    }
    if (rows.length < PAGE) return { strangers, stamps }
    after = rows.at(-1)!.id
  }
}

/** Null: no id of this run's events. */
function numberOf(id: string, { run, sentAt }: Ledger): number | null {
  const number = Number.parseInt(id.slice(8 + RUN_DIGITS), 16)
  return id === eventId(run, number) && number < sentAt.length ? number : null
}

async function wrongUsers({ pool, projectId }: ProofInput): Promise<string | null> {
  const { rows } = await pool.query<{ users: number; groups: number; issues: number }>(
    `select (select count(*) from group_user where project_id = $1)::int as users,
            (select coalesce(sum(user_count), 0) from group_total where project_id = $1)::int as groups,
            (select coalesce(sum(user_count), 0) from issue where project_id = $1)::int as issues`,
    [projectId],
  )
  const { users, groups, issues } = rows[0]!
  return users === groups && users === issues
    ? null
    : `${users} are known, groups count ${groups}, issues ${issues}`
}

/** Refusals at the door are counted as well; those senders tried again. */
async function otherOutcomes({ pool, projectId }: ProofInput): Promise<string | null> {
  const { rows } = await pool.query<{ outcome: string; n: number }>(
    `select outcome, sum(n)::int as n from outcome_minute where project_id = $1 group by outcome`,
    [projectId],
  )
  const expected = new Set<Outcome>(['stored', 'duplicate', 'overloaded', 'rate_limited'])
  const named = rows.map(({ outcome, n }) => ({ name: OUTCOMES[Number(outcome)]!, n }))
  return words(named.filter(({ name }) => !expected.has(name)).map(({ name, n }) => `${n} ${name}`))
}

async function wrongIssues({ pool, projectId, ledger }: ProofInput): Promise<string | null> {
  const { rows } = await pool.query<{ issues: number; noted: number[]; announced: number[] }>(
    `with i as (
       select (select count(*)::int from issue_activity a
               where a.project_id = $1 and a.issue_id = i.issue_id and a.kind = 'created') as noted,
              (select count(*)::int from outbox o
               where o.project_id = $1 and o.issue_id = i.issue_id and o.kind = 'issue.created') as announced
       from issue i where i.project_id = $1
     )
     select (select count(*)::int from i) as issues,
            array(select noted from i where noted <> 1) || array(
              select 0 from issue_activity a where a.project_id = $1 and a.kind = 'created'
                and not exists (select from issue i where i.project_id = $1 and i.issue_id = a.issue_id)) as noted,
            array(select announced from i where announced <> 1) || array(
              select 0 from outbox o where o.project_id = $1 and o.kind = 'issue.created'
                and not exists (select from issue i where i.project_id = $1 and i.issue_id = o.issue_id)) as announced`,
    [projectId],
  )
  const { issues, noted, announced } = rows[0]!
  const sent = new Set(ledger.issueOf).size
  const wrong = [
    ...(issues === sent ? [] : [`${issues} issues of ${sent}`]),
    ...(noted.length === 0 ? [] : [`${noted.length} noted otherwise than once`]),
    ...(announced.length === 0 ? [] : [`${announced.length} announced otherwise than once`]),
  ]
  return words(wrong)
}

/** A rule alerts on new issues; its news may be some seconds behind. */
async function wrongAlerts({ pool, projectId }: ProofInput): Promise<string | null> {
  let wrong: { issue_id: string; n: number }[] = []
  const look = async () => {
    const { rows } = await pool.query<{ issue_id: string; n: number }>(
      `select i.issue_id::text, (select count(*)::int from alert a
                                  where a.project_id = $1 and a.issue_id = i.issue_id) as n
         from issue i where i.project_id = $1`,
      [projectId],
    )
    wrong = rows.filter(({ n }) => n !== 1)
    return wrong.length === 0
  }
  return until(look, CAUGHT_UP_MS).then(
    () => null,
    () => words(wrong.map(({ issue_id: id, n }) => `issue ${id} has ${n}`)),
  )
}

async function unseenIssues({ pool, projectId, watchers }: ProofInput): Promise<string | null> {
  const { rows } = await pool.query<{ id: string }>(
    'select issue_id::text as id from issue where project_id = $1',
    [projectId],
  )
  const unseen = () =>
    watchers.flatMap(({ issues }, i) =>
      rows.filter(({ id }) => !issues.has(id)).map(({ id }) => `issue ${id} at node ${i + 1}`),
    )
  return until(() => unseen().length === 0, CAUGHT_UP_MS).then(
    () => null,
    () => words(unseen()),
  )
}

const uncaught = (logFile: string): string[] =>
  fs
    .readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => UNCAUGHT.test(line))
    .map((line) => line.slice(0, 300))
