import { beforeEach, describe, expect, it, vi } from 'vitest'
import { readPage, type Page } from '#server/domain/search/page.ts'
import type { Keyset } from '#server/storage/keyset.ts'

interface Row {
  id: string
  value: number
}
const row = (value: number, id = String(value)): Row => ({ id, value })
const before = (a: { value: number | string; id: string }, b: Row) =>
  Number(a.value) - b.value || Number(a.id) - Number(b.id)

/** What the SQL does: rows behind the place, nearest first. */
const listOf = (rows: Row[]) => {
  const read = async ({ from, upwards, limit }: Keyset) => {
    const sorted = rows.toSorted((a, b) => (upwards ? before(a, b) : before(b, a)))
    return sorted
      .filter((r) => !from || (upwards ? before(from, r) < 0 : before(from, r) > 0))
      .slice(0, limit)
  }
  return (cursor?: string, limit = 2): Promise<Page<Row>> =>
    readPage({ scope: { list: 'test', project: 1 }, cursor, limit, placeOf: (r) => r, read })
}
const ids = (page: Page<Row>) => page.data.map(({ id }) => id)

beforeEach(() => {
  vi.stubEnv('MESHER_SECRET', 'one secret')
})

describe('pages', () => {
  it('SEARCH-05: walk down and up again over the same rows, ties included', async () => {
    const page = listOf([row(5, '1'), row(5, '2'), row(5, '3'), row(4), row(9)])
    const one = await page()
    expect([ids(one), one.previousCursor]).toEqual([['9', '3'], null])
    const two = await page(one.nextCursor!)
    expect(ids(two)).toEqual(['2', '1'])
    const three = await page(two.nextCursor!)
    expect([ids(three), three.nextCursor]).toEqual([['4'], null])
    const back = await page(three.previousCursor!)
    expect(ids(back)).toEqual(['2', '1'])
    const start = await page(back.previousCursor!)
    expect([ids(start), start.previousCursor]).toEqual([['9', '3'], null])
    expect(ids(await page(start.nextCursor!))).toEqual(['2', '1'])
  })

  it('have no next page when the last row is on this one', async () => {
    const page = await listOf([row(1), row(2)])()
    expect([ids(page), page.nextCursor, page.previousCursor]).toEqual([['2', '1'], null, null])
  })

  it('are empty without rows', async () => {
    expect(await listOf([])()).toEqual({ data: [], nextCursor: null, previousCursor: null })
  })

  it('SEARCH-05: rows that arrive on top shift nothing and are met on the way back', async () => {
    const rows = [row(1), row(2), row(3), row(4)]
    const page = listOf(rows)
    const one = await page()
    rows.push(row(5), row(6))
    const two = await page(one.nextCursor!)
    expect(ids(two)).toEqual(['2', '1'])
    const back = await page(two.previousCursor!)
    expect(ids(back)).toEqual(['4', '3'])
    expect(ids(await page(back.previousCursor!))).toEqual(['6', '5'])
  })

  it('lead to the start when everything above has gone', async () => {
    const rows = [row(1), row(2), row(3), row(4)]
    const page = listOf(rows)
    const two = await page((await page()).nextCursor!)
    rows.splice(2, 2)
    expect(ids(await page(two.previousCursor!))).toEqual(['2', '1'])
  })

  it('keep a way back when everything below has gone', async () => {
    const rows = [row(1), row(2), row(3), row(4)]
    const page = listOf(rows)
    const one = await page()
    rows.splice(0, 2)
    const two = await page(one.nextCursor!)
    expect([ids(two), two.nextCursor]).toEqual([[], null])
    expect(ids(await page(two.previousCursor!))).toEqual(['4'])
  })

  it('keep the moment the reading began, so that an age means the same on every page', async () => {
    const seen: Date[] = []
    const read = async ({ from }: Keyset, now: Date) => {
      seen.push(now)
      return from ? [] : [row(2), row(1)]
    }
    const request = { scope: { list: 'test', project: 1 }, limit: 1, placeOf: (r: Row) => r, read }
    const { nextCursor } = await readPage({ ...request, cursor: undefined })
    await new Promise((resolve) => setTimeout(resolve, 5))
    await readPage({ ...request, cursor: nextCursor! })
    expect(seen[1]).toEqual(seen[0])
  })
})

describe('a walk', () => {
  const stoppedAt = { value: '2026-01-01T00:00:00.000Z', id: '7' }
  const walk = (found: number[], cursor?: string) => {
    const read = vi.fn(async (_keyset: Keyset) => ({ rows: found, stoppedAt }))
    return readPage({
      scope: { list: 'walk', project: 1 },
      cursor,
      limit: 2,
      placeOf: (n: number) => ({ value: n, id: String(n) }),
      read,
    }).then((page) => ({ page, read }))
  }

  it('SEARCH-03: goes on from where it stopped, with rows or without, and says so', async () => {
    for (const rows of [[], [9]]) {
      const { page } = await walk(rows)
      expect(page).toMatchObject({ data: rows, previousCursor: null, searchedBackTo: stoppedAt.value })
      const { read } = await walk([], page.nextCursor!)
      expect(read.mock.calls[0]![0]).toMatchObject({ from: stoppedAt, upwards: false })
    }
  })

  it('SEARCH-03: goes on from its last row when the page is full', async () => {
    const { page } = await walk([9, 8, 7])
    expect(page.searchedBackTo).toBeUndefined()
    expect(page.data).toEqual([9, 8])
    const { read } = await walk([], page.nextCursor!)
    expect(read.mock.calls[0]![0]).toMatchObject({ from: { value: 8, id: '8' } })
  })

  it('SEARCH-03: goes on upwards too', async () => {
    const { page: below } = await walk([9], (await walk([])).page.nextCursor!)
    const { page, read } = await walk([], below.previousCursor!)
    expect(read.mock.calls[0]![0]).toMatchObject({ upwards: true })
    expect(page.data).toEqual([])
    expect((await walk([], page.previousCursor!)).read.mock.calls[0]![0]).toMatchObject({
      from: stoppedAt,
      upwards: true,
    })
    expect((await walk([], page.nextCursor!)).read.mock.calls[0]![0]).toMatchObject({
      from: stoppedAt,
      upwards: false,
    })
  })
})
