// What a search box suggests: keys, and values of one of them.
import { z } from 'zod'
import { QUERY_LISTS } from '../query/keys.ts'
import { nameInAddress } from './list.ts'

export const MAX_SUGGESTIONS = 50

export const searchKeysQuery = z.object({ list: z.enum(QUERY_LISTS).default('issues') })
export const searchKey = z.object({
  key: z.string(),
  /** Of a known key: what it is about. */
  hint: z.string().optional(),
  /** It is written `tag[key]` when a known key has the same name. */
  tag: z.boolean(),
  /** Values known without asking for them. */
  values: z.array(z.string()).optional(),
})
export type SearchKey = z.infer<typeof searchKey>

export const searchValuesQuery = z.object({
  key: nameInAddress(200).min(1),
  /** What values begin with, in whatever case. */
  prefix: nameInAddress(200).default(''),
  /** The key is that of a tag, whatever its name. */
  tag: z.stringbool().default(false),
})
export const searchValue = z.object({ value: z.string() })
