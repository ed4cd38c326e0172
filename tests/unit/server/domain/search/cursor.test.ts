import { beforeEach, describe, expect, it, vi } from 'vitest'
import { readCursor, writeCursor } from '#server/domain/search/cursor.ts'

const scope = { list: 'issues', project: 7, sort: 'lastSeen', status: 'unresolved', query: undefined }
const cursor = { upwards: false, value: '2026-11-23T10:00:00.123Z', id: '42', startedAt: 1_795_428_000_000 }
const refused = expect.objectContaining({ code: 'invalid_cursor' })

beforeEach(() => {
  vi.stubEnv('MESHER_SECRET', 'one secret')
})

describe('cursor', () => {
  it('SEARCH-05: gives back the place it was made of', () => {
    expect(readCursor(scope, writeCursor(scope, cursor))).toEqual(cursor)
    const up = { ...cursor, upwards: true, value: 12 }
    expect(readCursor(scope, writeCursor(scope, up))).toEqual(up)
  })

  it('does not mind the order of filters, or absent ones', () => {
    const { query, ...rest } = scope
    expect(query).toBeUndefined()
    const reordered = Object.fromEntries(Object.entries(rest).reverse()) as typeof rest
    expect(readCursor(reordered, writeCursor(scope, cursor))).toEqual(cursor)
  })

  it.each([
    ['another project', { ...scope, project: 8 }],
    ['another list', { ...scope, list: 'events' }],
    ['another sort', { ...scope, sort: 'events' }],
    ['another status', { ...scope, status: 'resolved' }],
    ['another query', { ...scope, query: 'x' }],
  ])('SEARCH-05: is refused with %s', (_, other) => {
    expect(() => readCursor(other, writeCursor(scope, cursor))).toThrow(refused)
  })

  it('is refused when made with another secret', () => {
    const text = writeCursor(scope, cursor)
    vi.stubEnv('MESHER_SECRET', 'another secret')
    expect(() => readCursor(scope, text)).toThrow(refused)
  })

  it('is refused when changed or made up', () => {
    const text = writeCursor(scope, cursor)
    const [body = '', mac = ''] = text.split('.')
    const forged = Buffer.from(JSON.stringify([0, '9999', '1', 0])).toString('base64url')
    const made = [
      '',
      '.',
      'x',
      body,
      `${body}.`,
      `.${mac}`,
      `${forged}.${mac}`,
      `${body}A.${mac}`,
      '💥.💥',
      '%00',
    ]
    for (const text of made) expect(() => readCursor(scope, text), text).toThrow(refused)
  })

  it('shows neither the secret nor the filters', () => {
    const body = Buffer.from(writeCursor(scope, cursor).split('.')[0]!, 'base64url').toString()
    expect(JSON.parse(body)).toEqual([0, cursor.value, cursor.id, cursor.startedAt])
  })
})
