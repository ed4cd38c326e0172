// Saved views: the filters of a list under a name, for oneself or for all members of the organisation. What is saved are
// the page's own words, each checked, and never an address: choosing a view can lead nowhere else.
import { z } from 'zod'
import { MAX_QUERY_CHARACTERS, type QueryList } from '../query/keys.ts'
import { PAGE_COLUMNS, parseColumns } from '../event-columns.ts'
import { parseQuery } from '../query/parse.ts'
import { level } from './event.ts'
import { issueSort, issueStatus, issueSubstatus } from './issue.ts'
import { decimalId, instant, nameInAddress, pageQuery, timeBound } from './list.ts'

export const VIEW_PAGES = ['issues', 'events'] as const
export const viewPage = z.enum(VIEW_PAGES)
export type ViewPage = z.infer<typeof viewPage>

export const MAX_VIEWS_EACH = 100

const search = (list: QueryList) =>
  z
    .string()
    .max(MAX_QUERY_CHARACTERS)
    .refine((text) => parseQuery(text, list).mistakes.length === 0, { error: 'The search has a mistake.' })
const time = {
  range: timeBound.optional(),
  since: timeBound.optional(),
  until: timeBound.optional(),
  environment: nameInAddress(64).min(1).optional(),
}

/** As they stand in the address of the page. */
export const viewQueries = {
  issues: z.strictObject({
    status: issueStatus.optional(),
    substatus: issueSubstatus.optional(),
    level: level.optional(),
    assignee: nameInAddress(64).min(1).optional(),
    q: search('issues').optional(),
    sort: issueSort.optional(),
    ...time,
    project: nameInAddress(500).optional(),
  }),
  events: z.strictObject({
    q: search('events').optional(),
    columns: z
      .string()
      .refine((text) => parseColumns(text, PAGE_COLUMNS) !== null, { error: 'There is no such column.' })
      .optional(),
    ...time,
  }),
} as const satisfies Record<ViewPage, z.ZodType>

const name = z
  .string()
  .trim()
  .min(1, { error: 'Give it a name.' })
  .max(80, { error: 'Use at most 80 characters.' })
  .refine((text) => !text.includes('\0'), { error: 'Leave out the NUL character.' })

const common = {
  name,
  /** Null: a view of the organisation's list. */
  projectId: decimalId.nullable().default(null),
  /** For all members, not only for oneself. */
  shared: z.boolean().default(false),
}
export const createView = z.discriminatedUnion('page', [
  z.object({ ...common, page: z.literal('issues'), query: viewQueries.issues }),
  z.object({ ...common, page: z.literal('events'), query: viewQueries.events }),
])
export type CreateView = z.output<typeof createView>

export const updateView = z
  .object({
    name: name.optional(),
    shared: z.boolean().optional(),
    /** Instead of what was saved; checked as that of its page. */
    query: z.record(z.string().max(80), z.string().max(MAX_QUERY_CHARACTERS)).optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    error: 'Give name, shared or query.',
  })
export type UpdateView = z.output<typeof updateView>

export const listViewsQuery = pageQuery.extend({
  page: viewPage.optional(),
  /** The id of a project, or `none` for views of the organisation's lists. */
  project: z.union([decimalId, z.literal('none')]).optional(),
})

export const view = z.object({
  id: decimalId,
  name: z.string(),
  page: viewPage,
  projectId: decimalId.nullable(),
  query: z.record(z.string(), z.string()),
  shared: z.boolean(),
  mine: z.boolean(),
  /** Null: somebody who has left. */
  creator: z.object({ name: z.string() }).nullable(),
  updatedAt: instant,
})
export type View = z.infer<typeof view>
