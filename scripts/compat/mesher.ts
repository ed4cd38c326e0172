// A fresh Mesher to send to and to look into: PostgreSQL of its own, the built server, its owner's session. A client
// gets a project; what arrived there is read through the management API, as the pages and other programs see it.
import type { EventDetail, EventRow } from '#shared/schemas/event-view.ts'
import type { Issue } from '#shared/schemas/issue.ts'
import { ApiClient } from '../../tests/support/api-client.ts'
import { createTestDatabase } from '../../tests/support/database.ts'
import { startServer } from '../../tests/support/server.ts'
import { startTestPostgres } from '../../tests/support/test-postgres.ts'

export interface CompatProject {
  id: string
  dsn: string
}

/** An event as Mesher shows it, with the issue it belongs to. */
export interface Shown {
  issue: Issue
  event: EventDetail
}

export interface Mesher {
  makeProject(name: string): Promise<CompatProject>
  countEvents(project: CompatProject): Promise<number>
  /** Everything that arrived, newest first. */
  readEvents(project: CompatProject): Promise<Shown[]>
}

/** @param onClose told as soon as there is something to close, also when a later step fails */
export async function startMesher(onClose: (close: () => Promise<unknown>) => void): Promise<Mesher> {
  const postgres = await startTestPostgres()
  onClose(() => postgres.stop())
  const server = await startServer({ databaseUrl: (await createTestDatabase()).url })
  onClose(() => server.stop())
  const owner = await new ApiClient(server.url).signUp('Ada')
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await owner.request(method, path, { body })
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer.body as T
  }
  const { slug } = await ask<{ slug: string }>('POST', '/api/v1/orgs', { name: 'Compat' })
  const list = async <T>({ id }: CompatProject, what: string): Promise<T[]> =>
    (await ask<{ data: T[] }>('GET', `/api/v1/projects/${id}/${what}?limit=100`)).data
  return {
    makeProject: (name) => ask('POST', `/api/v1/orgs/${slug}/projects`, { name, platform: 'other' }),
    countEvents: async (project) => (await list(project, 'events')).length,
    async readEvents(project) {
      const issues = await list<Issue>(project, 'issues')
      const rows = await list<EventRow>(project, 'events')
      return Promise.all(
        rows.map(async ({ id, issueId }) => {
          const issue = issues.find((one) => one.id === issueId)
          if (!issue) throw new Error(`The issue ${issueId} of event ${id} is not in the list of issues.`)
          return {
            issue,
            event: await ask<EventDetail>('GET', `/api/v1/projects/${project.id}/events/${id}`),
          }
        }),
      )
    },
  }
}
