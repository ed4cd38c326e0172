// What doors refuse and SDKs report is summed in memory: it must reach the tables, also at the very end, and also when
// the database failed in between.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createClientReportTally, type ClientReportTally } from '#server/pipeline/client-reports.ts'
import { createOutcomeTally, type OutcomeTally } from '#server/pipeline/outcome.ts'
import { outcomeFlusher } from '#server/processes/upkeep.ts'
import { createPool, type Db } from '#server/storage/database.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject } from '../../support/project.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let pool: ReturnType<typeof createPool>
let projectId: number
let tally: OutcomeTally
let clientReports: ClientReportTally

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})
beforeEach(async () => {
  ;({ projectId } = await insertProject(pool))
  tally = createOutcomeTally()
  clientReports = createClientReportTally()
})

/** Runs the process as its supervisor does. */
function start(db: Db = pool) {
  const touched: number[] = []
  const spec = outcomeFlusher({ db, tally, clientReports, touched: (id) => touched.push(id) })
  const ending = new AbortController()
  const done = spec.start({ signal: ending.signal, ready: () => {} })
  return {
    touched,
    done,
    async stop() {
      ending.abort()
      await done
    },
  }
}
const written = async () => {
  const { rows } = await pool.query<{ what: string; n: number }>(
    `select outcome::text as what, sum(n) as n from outcome_delta where project_id = $1 group by 1
     union all
     select reason || ' ' || category, sum(n) from client_report_minute where project_id = $1 group by 1 order by 1`,
    [projectId],
  )
  return rows.map(({ what, n }) => [what, n])
}
const report = (quantity: number) => [{ reason: 'before_send', category: 'error', quantity }]

it('RESIL-03: refusals and reports are written each second, summed, and once more at the end', async () => {
  const flusher = start()
  const at = Date.now()
  tally.count(projectId, 'invalid', at, 2)
  clientReports.count(projectId, report(3), at)
  clientReports.count(projectId, report(4), at)
  await until(async () => (await written()).length === 2, 5_000)
  expect(await written()).toEqual([
    ['6', 2],
    ['before_send error', 7],
  ])
  expect(flusher.touched).toEqual([projectId])
  clientReports.count(projectId, report(5), at)
  await flusher.stop()
  expect((await written())[1]).toEqual(['before_send error', 12])
})

it('RESIL-03: what could not be written is counted by the next one that runs', async () => {
  const gone = createPool(`${database.url}_gone`, { name: 'test', max: 1, statementTimeoutMs: 1_000 })
  clientReports.count(projectId, report(3), Date.now())
  await expect(start(gone).done).rejects.toThrow()
  await gone.end()
  expect(await written()).toEqual([])
  const flusher = start()
  await flusher.stop()
  expect(await written()).toEqual([['before_send error', 3]])
})
