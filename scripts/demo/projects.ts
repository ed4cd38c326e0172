// The organisation "Demo" and its projects, made once.
import { NEW_PROJECT_GROUPING } from '#server/domain/grouping/versions.ts'
import { createOrg, orgsOf } from '#server/domain/orgs/orgs.ts'
import { findMembership } from '#server/domain/orgs/find-membership.ts'
import { createProject, pageProjects } from '#server/domain/projects/projects.ts'
import { scrubSettings } from '#shared/schemas/project.ts'
import { useDatabase } from '#server/storage/database.ts'
import type { IngestProject } from '#server/domain/projects/key-cache.ts'
import type { Owner } from './owner.ts'
import type { Catalogue } from './problem.ts'

const ORG = { slug: 'demo', name: 'Demo' }
const MOST_PROJECTS = 100

export interface DemoProject extends IngestProject {
  slug: string
  name: string
  /** It has events of an earlier run. */
  filled: boolean
}

export async function findOrMakeProjects(
  owner: Owner,
  catalogues: readonly Catalogue[],
): Promise<Map<Catalogue, DemoProject>> {
  if (!(await orgsOf(owner.id)).some(({ slug }) => slug === ORG.slug)) await createOrg(owner.id, ORG)
  const { org } = (await findMembership(owner.id, ORG.slug))!
  const there = new Map(
    (await pageProjects(org, { limit: MOST_PROJECTS })).data.map((project) => [project.slug, project]),
  )
  const projects = new Map<Catalogue, DemoProject>()
  for (const catalogue of catalogues) {
    const project =
      there.get(catalogue.project.slug) ?? (await createProject(owner.id, org, catalogue.project))
    const { slug, name, retentionDays, firstEventAt } = project
    projects.set(catalogue, {
      id: Number(project.id),
      slug,
      name,
      retentionDays,
      scrub: scrubSettings.parse({}),
      sampleRate: 1,
      grouping: NEW_PROJECT_GROUPING,
      filled: firstEventAt !== null,
    })
  }
  return projects
}

/** Moves the projects' making to before their first event, as if somebody had set them up a fortnight ago. */
export async function backdateProjects(projects: Iterable<DemoProject>, at: number): Promise<void> {
  await useDatabase().write.query(
    `update project set created_at = least(created_at, to_timestamp($2::float8 / 1000)) where id = any($1::int[])`,
    [[...projects].map(({ id }) => id), at],
  )
}
