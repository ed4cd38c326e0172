// schema.prisma and the migrations say the same: a database made by the migrations needs no further statement to
// become what the models describe.
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const root = path.join(import.meta.dirname, '..', '..', '..')
const bin = path.join(root, 'node_modules', '.bin')

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

test('a migrated database is what schema.prisma describes', async () => {
  const { stdout } = await promisify(execFile)(
    path.join(bin, 'node'),
    [
      path.join(root, 'node_modules', 'prisma', 'build', 'index.js'),
      ...['migrate', 'diff', '--from-config-datasource'],
      ...['--to-schema', path.join(root, 'prisma', 'schema.prisma'), '--script'],
    ],
    {
      cwd: root,
      // The engine script's first line asks for `node`: ours, not whatever runs the tests.
      env: {
        ...process.env,
        DATABASE_URL: database.url,
        CHECKPOINT_DISABLE: '1',
        PATH: `${bin}${path.delimiter}${process.env.PATH}`,
      },
    },
  )
  expect(stdout.trim()).toBe('-- This is an empty migration.')
})
