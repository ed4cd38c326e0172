import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bytesArray, plainArray, textArray } from '#server/storage/array-literal.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

let database: TestDatabase
let client: pg.Client

beforeAll(async () => {
  database = await createTestDatabase({ empty: true })
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await database?.drop()
})

const back = async (type: string, literal: string) =>
  (await client.query(`select $1::${type}[] as value`, [literal])).rows[0].value

it('INGEST-06: hostile text comes back as it went in', async () => {
  const texts = [
    '',
    'NULL',
    'null',
    '{',
    '}',
    ',',
    '"',
    '\\',
    '\\"',
    "'",
    '{"a":"b\\"c"}',
    ' lead',
    'trail ',
    '\n\t',
    'ü€🙂',
    null,
  ]
  expect(await back('text', textArray(texts))).toEqual(texts)
})

it('numbers, booleans, dates, ids and bytes do too', async () => {
  expect(await back('float8', plainArray([1, -2.5, 1763900000123]))).toEqual([1, -2.5, 1763900000123])
  expect(await back('bool', plainArray([true, false]))).toEqual([true, false])
  expect(await back('uuid', plainArray(['fc6d8c0c43fc4630ad850ee518f1b9d0']))).toEqual([
    'fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0',
  ])
  expect(await back('bytea', bytesArray([Buffer.from([0, 255, 92]), null, Buffer.alloc(0)]))).toEqual([
    Buffer.from([0, 255, 92]),
    null,
    Buffer.alloc(0),
  ])
  expect(await back('int', plainArray([]))).toEqual([])
})
