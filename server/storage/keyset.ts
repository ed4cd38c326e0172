// Keyset pages in SQL: a page is "the next n rows behind this place", never "skip m rows", so page 100 costs what page
// 1 costs and rows that arrive meanwhile shift nothing. The place is (sort value, id): ids differ, so ties are safe.
// Lists run from the largest sort value down. A page further up is read against that order, nearest row first;
// turning it round and deciding whether there is more is left to domain/search/page.ts.
import type { Binder } from './bind.ts'

export interface Place {
  value: string | number
  id: string
}
export interface Keyset {
  /** The row the page begins behind; null for the start of the list. */
  from: Place | null
  /** Towards larger sort values. */
  upwards: boolean
  limit: number
}
/** Columns are written by us, never by a caller: they become text of the statement. */
export interface KeysetColumns {
  value: string
  valueType: 'timestamptz' | 'bigint'
  id: string
  idType: 'bigint' | 'uuid'
}

/** The two ends of a statement; `condition` is `true` when the page begins at the start of the list. */
export function keysetSql({ from, upwards, limit }: Keyset, columns: KeysetColumns, { bind }: Binder) {
  const { value, valueType, id, idType } = columns
  const direction = upwards ? 'asc' : 'desc'
  return {
    condition: from
      ? `(${value}, ${id}) ${upwards ? '>' : '<'} (${bind(from.value)}::${valueType}, ${bind(from.id)}::${idType})`
      : 'true',
    order: `order by ${value} ${direction}, ${id} ${direction} limit ${bind(limit)}`,
  }
}
