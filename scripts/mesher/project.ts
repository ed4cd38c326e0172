import { z } from 'zod'
import { DomainError } from '#server/domain/errors.ts'
import { orgAsOperator, projectAsOperator } from '#server/domain/orgs/operator.ts'
import { createKey, pageKeys, updateKey } from '#server/domain/projects/keys.ts'
import { createProject, getProject } from '#server/domain/projects/projects.ts'
import { decimalId } from '#shared/schemas/list.ts'
import { slug } from '#shared/schemas/org.ts'
import { keyLabel, platformId, projectName } from '#shared/schemas/project.ts'
import { defineCommand } from './command.ts'

const PROJECT = 'org/project by their short names, or the number in its DSN'
const projectRef = z.string().trim().min(1).max(110)
/** More than anybody makes by hand. */
const MOST_KEYS = 500

export const projectCommands = {
  'project create': defineCommand({
    summary: 'Make a project and print its DSN',
    help: {
      org: 'short name of the organisation',
      name: 'its name',
      platform: 'what it runs on, such as node or python (other)',
      slug: 'short name; made from the name',
    },
    input: z.object({
      org: slug,
      name: projectName,
      platform: platformId.default('other'),
      slug: slug.optional(),
    }),
    async run({ org: name, ...input }) {
      const org = await orgAsOperator(name)
      const project = await createProject(null, org, input)
      const { id, slug: short, dsn } = project
      return {
        data: { id, orgSlug: org.slug, slug: short, name: project.name, platform: project.platform, dsn },
        lines: [`Made the project ${org.slug}/${short}`, dsn ?? ''],
      }
    },
  }),
  dsn: defineCommand({
    summary: "Print a project's DSN",
    help: { project: PROJECT },
    input: z.object({ project: projectRef }),
    async run({ project: name }) {
      const { project } = await projectAsOperator(name)
      const { dsn } = await getProject(project.id)
      if (dsn === null)
        throw new DomainError(
          'not_found',
          undefined,
          `${name} has no active key: mesher key create --project ${name}`,
        )
      return { data: { project: String(project.id), dsn }, lines: [dsn] }
    },
  }),
  'key list': defineCommand({
    summary: "List a project's DSN keys",
    help: { project: PROJECT },
    input: z.object({ project: projectRef }),
    async run({ project: name }) {
      const { project } = await projectAsOperator(name)
      const { data } = await pageKeys(project, { limit: MOST_KEYS })
      return {
        data,
        lines: data.map(({ id, label, active, dsn, lastUsedAt }) =>
          [id, label, active ? 'active' : 'disabled', lastUsedAt ?? 'never used', dsn].join('\t'),
        ),
      }
    },
  }),
  'key create': defineCommand({
    summary: 'Make another DSN key',
    help: { project: PROJECT, label: 'where it is used (Default)' },
    input: z.object({ project: projectRef, label: keyLabel.default('Default') }),
    async run({ project: name, label }) {
      const where = await projectAsOperator(name)
      const key = await createKey(null, where, label)
      return { data: key, lines: [`Made the key ${key.id} (${key.label})`, key.dsn] }
    },
  }),
  'key disable': defineCommand({
    summary: 'Refuse whoever uses this DSN key, within five seconds',
    help: { project: PROJECT, key: 'its number, as key list shows it' },
    input: z.object({ project: projectRef, key: decimalId }),
    async run({ project: name, key: id }) {
      const where = await projectAsOperator(name)
      const key = await updateKey(null, where, { id, active: false })
      return { data: key, lines: [`The key ${key.id} (${key.label}) is disabled`] }
    },
  }),
}
