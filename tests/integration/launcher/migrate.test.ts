import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../../launcher/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')

let database: TestDatabase
let directory: string

beforeEach(async () => {
  database = await createTestDatabase({ empty: true })
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-migrations-'))
})
afterEach(async () => {
  await database.drop()
  fs.rmSync(directory, { recursive: true, force: true })
})

function write(name: string, sql: string) {
  fs.mkdirSync(path.join(directory, name), { recursive: true })
  fs.writeFileSync(path.join(directory, name, 'migration.sql'), sql)
}
async function query(sql: string) {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query<Record<string, unknown>>(sql)
  await client.end()
  return rows
}
const run = () => migrate(database.url, { directory })

describe('migrations', () => {
  it('are applied in order, once', async () => {
    write('2_second', 'INSERT INTO t VALUES (2)')
    write('1_first', 'CREATE TABLE t (n int); INSERT INTO t VALUES (1)')
    const said: string[] = []
    expect(await migrate(database.url, { directory, onProgress: (line) => said.push(line) })).toEqual([
      '1_first',
      '2_second',
    ])
    expect(said).toEqual(['migration 1 of 2: 1_first', 'migration 2 of 2: 2_second'])
    expect(await run()).toEqual([])
    write('3_third', 'INSERT INTO t VALUES (3)')
    expect(await run()).toEqual(['3_third'])
    expect(await query('SELECT n FROM t ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })

  it('are applied once when several processes start together', async () => {
    write('1_first', 'CREATE TABLE t (n int); SELECT pg_sleep(0.3)')
    const results = await Promise.all([run(), run(), run()])
    expect(results.flat()).toEqual(['1_first'])
  })

  it('that fail leave nothing behind and name their line', async () => {
    write('1_first', 'CREATE TABLE t (n int)')
    write('2_broken', 'CREATE TABLE u (n int);\n\nINSERT INTO nowhere VALUES (1);')
    await expect(run()).rejects.toThrow(/2_broken failed and was undone \(line 3\): .*nowhere/)
    expect(await query(`SELECT to_regclass('t') IS NOT NULL AS t, to_regclass('u') IS NULL AS u`)).toEqual([
      { t: true, u: true },
    ])
    write('2_broken', 'CREATE TABLE u (n int)')
    expect(await run()).toEqual(['2_broken'])
  })

  it('that were changed afterwards are refused', async () => {
    write('1_first', 'CREATE TABLE t (n int)')
    await run()
    write('1_first', 'CREATE TABLE t (n bigint)')
    await expect(run()).rejects.toThrow('1_first was changed after it had been applied')
  })

  it('of a newer Mesher are refused', async () => {
    write('1_first', 'CREATE TABLE t (n int)')
    write('9_from_the_future', 'SELECT 1')
    await run()
    fs.rmSync(path.join(directory, '9_from_the_future'), { recursive: true })
    await expect(run()).rejects.toThrow('last used by a newer one')
  })

  it('that another tool left unfinished are pointed out', async () => {
    write('1_first', 'CREATE TABLE t (n int)')
    await run()
    await query('UPDATE _prisma_migrations SET finished_at = NULL')
    await expect(run()).rejects.toThrow('did not finish')
  })

  it("of ours are understood by Prisma's own command line", async () => {
    await migrate(database.url)
    const status = spawnSync(
      process.execPath,
      [path.join(ROOT, 'node_modules', 'prisma', 'build', 'index.js'), 'migrate', 'status'],
      {
        cwd: ROOT,
        env: { ...process.env, DATABASE_URL: database.url, CHECKPOINT_DISABLE: '1' },
        encoding: 'utf8',
      },
    )
    expect(`${status.stdout}${status.stderr}`).toContain('Database schema is up to date')
    expect(status.status).toBe(0)
  })
})
