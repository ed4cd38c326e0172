// Saved views. One's own are one's own; shared ones are seen by all members and changed by their maker or an admin. Of
// a view that somebody cannot see nobody learns that it exists.
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { deleteView as deleteViewRow } from '#server/storage/views/delete-view.ts'
import { insertView, lockViewsOf } from '#server/storage/views/insert-view.ts'
import { listViews, lockView, type ViewRow } from '#server/storage/views/list-views.ts'
import { markView } from '#server/storage/views/mark-view.ts'
import {
  MAX_VIEWS_EACH,
  viewQueries,
  type CreateView,
  type listViewsQuery,
  type UpdateView,
  type View,
} from '#shared/schemas/view.ts'
import type { z } from 'zod'
import { DomainError } from '../errors.ts'
import type { OrgContext } from '../orgs/find-membership.ts'
import { readForwardPage, type ForwardPage } from '../orgs/forward-page.ts'

export async function pageViews(
  userId: string,
  org: OrgContext,
  { cursor, limit, page, project }: z.output<typeof listViewsQuery>,
): Promise<ForwardPage<View>> {
  const found = await readForwardPage({
    scope: { list: 'views', project: 0, org: org.id, user: userId, page, of: project },
    cursor,
    limit,
    read: (after, n) =>
      listViews(useDatabase().read, {
        organizationId: org.id,
        userId,
        page,
        projectId: project === 'none' ? null : project,
        after,
        limit: n,
      }),
    placeOf: ({ name, id }) => ({ value: name, id: String(id) }),
  })
  return { ...found, data: found.data.map((row) => toView(row, userId)) }
}

/** @throws DomainError validation_failed when this person has as many as anybody may */
export const createView = (userId: string, org: OrgContext, wanted: CreateView): Promise<View> =>
  withTransaction(useDatabase().read, async (db) => {
    const maker = { organizationId: org.id, userId }
    const n = await lockViewsOf(db, maker)
    if (n === null) throw new DomainError('not_found')
    if (n >= MAX_VIEWS_EACH) {
      const message = `You have ${MAX_VIEWS_EACH} views, which is the most: delete one first.`
      throw new DomainError('validation_failed', { problems: [{ path: 'name', message }] }, message)
    }
    const id = await insertView(db, maker, wanted)
    if (id === null) throw new DomainError('not_found')
    return toView((await lockView(db, { ...maker, id }))!, userId) // made in this transaction
  })

export const updateView = (userId: string, org: OrgContext, id: string, change: UpdateView): Promise<View> =>
  withTransaction(useDatabase().read, async (db) => {
    const view = await viewToChange(db, userId, org, id)
    // Taken back by somebody else, it would be nobody's.
    if (change.shared === false && view.creatorId !== userId) throw new DomainError('forbidden')
    if (change.query) assertFits(view.page, change.query)
    await markView(db, { organizationId: org.id, id: view.id }, change)
    return toView((await lockView(db, { organizationId: org.id, userId, id }))!, userId) // held since
  })

export const deleteView = (userId: string, org: OrgContext, id: string): Promise<void> =>
  withTransaction(useDatabase().read, async (db) => {
    const view = await viewToChange(db, userId, org, id)
    await deleteViewRow(db, { organizationId: org.id, id: view.id })
  })

async function viewToChange(db: Db, userId: string, org: OrgContext, id: string): Promise<ViewRow> {
  const view = await lockView(db, { organizationId: org.id, userId, id })
  if (!view) throw new DomainError('not_found')
  if (view.creatorId !== userId && org.role === 'member') throw new DomainError('forbidden')
  return view
}

function assertFits(page: ViewRow['page'], query: Record<string, string>): void {
  const result = viewQueries[page].safeParse(query)
  if (result.success) return
  const problems = result.error.issues.map(({ path, message }) => ({
    path: ['query', ...path].join('.'),
    message,
  }))
  throw new DomainError('validation_failed', { problems }, `${problems[0]!.path}: ${problems[0]!.message}`)
}

const toView = (row: ViewRow, userId: string): View => ({
  id: String(row.id),
  name: row.name,
  page: row.page,
  projectId: row.projectId === null ? null : String(row.projectId),
  query: row.query,
  shared: row.shared,
  mine: row.creatorId === userId,
  creator: row.creatorName === null ? null : { name: row.creatorName },
  updatedAt: row.updatedAt.toISOString(),
})
