// The organisation and project of the address. The middleware has already loaded both (or answered "not found"), so
// pages read them without waiting: `const { project } = useProject()` and `project.value.id` is the number the API wants.
import type { ProjectRow } from '#shared/schemas/project'
import type { Org } from '#shared/schemas/org'
import { useMe } from '~/composables/useMe'
import { useProjects } from '~/composables/useProjects'

/** For the frame, which is also around pages without an organisation or project. */
export const useWhere = () => {
  const route = useRoute()
  const { me } = useMe()
  const { byOrg } = useProjects()
  const param = (name: string) => computed(() => String(route.params[name] ?? ''))
  const orgSlug = param('org')
  const projectSlug = param('project')
  const org = computed<Org | undefined>(() => me.value?.orgs.find(({ slug }) => slug === orgSlug.value))
  // Pages of no organisation (System) keep the frame of the last one.
  const lastOrgSlug = useState('last-org', () => '')
  watch(org, (now) => now && (lastOrgSlug.value = now.slug), { immediate: true })
  const frameOrg = computed<Org | undefined>(
    () => org.value ?? me.value?.orgs.find(({ slug }) => slug === lastOrgSlug.value) ?? me.value?.orgs[0],
  )
  const projects = computed<ProjectRow[]>(() => byOrg.value[frameOrg.value?.slug ?? ''] ?? [])
  const project = computed<ProjectRow | undefined>(() =>
    projects.value.find(({ slug }) => slug === projectSlug.value),
  )
  return { orgSlug, projectSlug, org, frameOrg, projects, project }
}

export const useOrg = () => {
  const { org, projects } = useWhere()
  // A page that is leaving renders once more with the next address's parameters: keep the last known.
  const last = shallowRef(org.value)
  watch(org, (now) => now && (last.value = now), { flush: 'sync' })
  if (!last.value) throw createError({ statusCode: 404, message: 'Not found', fatal: true })
  const known = computed<Org>(() => org.value ?? last.value!)
  const path = computed(() => `/${known.value.slug}`)
  return { org: known, projects, path }
}

export const useProject = () => {
  const { project, org } = useWhere()
  const last = shallowRef(project.value)
  watch(project, (now) => now && (last.value = now), { flush: 'sync' })
  if (!last.value) throw createError({ statusCode: 404, message: 'Not found', fatal: true })
  const known = computed<ProjectRow>(() => project.value ?? last.value!)
  /** Address of the project, to put `/issues` and the like behind. */
  const path = computed(() => `/${known.value.orgSlug}/${known.value.slug}`)
  return { project: known, org, path }
}
