// The projects of each organisation the reader has visited, kept for the visit: switchers, palette and the step from
// a slug in the address to the project's id all read it. Rows carry the 24 h sparkline and the unresolved count.
import type { ProjectRow } from '#shared/schemas/project'
import { useApi } from '~/composables/useApi'

export const useProjects = () => {
  const api = useApi()
  const byOrg = useState<Record<string, ProjectRow[]>>('projects', () => ({}))

  const refreshProjects = async (org: string): Promise<ProjectRow[]> => {
    const rows: ProjectRow[] = []
    let cursor: string | null = null
    do {
      const page: { data: ProjectRow[]; nextCursor: string | null } = await api(`/orgs/${org}/projects`, {
        query: { limit: 100, cursor: cursor ?? undefined },
      })
      rows.push(...page.data)
      cursor = page.nextCursor
    } while (cursor)
    byOrg.value = { ...byOrg.value, [org]: rows }
    return rows
  }

  const loadProjects = async (org: string): Promise<ProjectRow[]> =>
    byOrg.value[org] ?? (await refreshProjects(org))

  return { byOrg, loadProjects, refreshProjects }
}
