// Who may enter a page, decided before it renders, on the server and in the browser alike.
//   nobody signed in    → /sign-in?next=…, or /sign-up while the installation has no owner
//   signed in           → away from the pages that are for nobody (`meta.public`)
//   anybody             → the pages that are for both (`meta.open`)
//   /[org], /[project]  → must be among the reader's own; missing and forbidden are the same 404
// It also loads what every page of an organisation needs, me and projects, side by side. A page with `meta.range`
// gets its remembered range put into the address, so that the address is always the whole truth.
import { useMe } from '~/composables/useMe'
import { useProjects } from '~/composables/useProjects'
import { useSetup } from '~/composables/useSetup'
import { useRememberedView } from '~/composables/useRange'
import { safeNextPath } from '~/utils/next-path'

declare module '#app' {
  interface PageMeta {
    /** For people who are not signed in. */
    public?: boolean
    /** For everybody, signed in or not. */
    open?: boolean
    /** Shows a time range: `useRange`. */
    range?: boolean
  }
}

const notFound = () => abortNavigation(createError({ statusCode: 404, message: 'Not found', fatal: true }))

export default defineNuxtRouteMiddleware(async (to) => {
  // An address no page answers to: Nuxt shows the error page, for which nobody needs to sign in.
  if (to.matched.length === 0) return

  const nuxtApp = useNuxtApp()
  // The server has just decided, and what it loaded came with the page.
  if (import.meta.client && nuxtApp.isHydrating && nuxtApp.payload.serverRendered) return

  const { loadMe, refreshMe, orgBySlug } = useMe()
  const { loadProjects, refreshProjects } = useProjects()
  const { loadSetup } = useSetup()
  const org = typeof to.params.org === 'string' ? to.params.org : undefined
  const slug = typeof to.params.project === 'string' ? to.params.project : undefined

  const [me, projects] = await Promise.all([loadMe(), org ? loadProjects(org).catch(() => null) : null])

  if (to.meta.open) return
  if (!me) {
    const setup = await loadSetup()
    if (setup.signUp === 'first-owner')
      return to.path === '/sign-up' ? undefined : nuxtApp.runWithContext(() => navigateTo('/sign-up'))
    if (to.meta.public) return
    const next = to.fullPath === '/' ? undefined : to.fullPath
    return nuxtApp.runWithContext(() => navigateTo({ path: '/sign-in', query: { next } }))
  }
  if (to.meta.public)
    return nuxtApp.runWithContext(() => navigateTo(safeNextPath(to.query.next), { replace: true }))

  if (!org) return
  if (!orgBySlug(org)) {
    await refreshMe()
    if (!orgBySlug(org)) return notFound()
  }
  if (!slug) return
  const bySlug = (rows: typeof projects) => rows?.find((project) => project.slug === slug)
  const project = bySlug(projects) ?? bySlug(await refreshProjects(org).catch(() => null))
  if (!project) return notFound()

  if (to.meta.range && !to.query.range) {
    return nuxtApp.runWithContext(() => {
      const { range, environment } = useRememberedView(project.id).value
      if (!range && !environment) return
      return navigateTo(
        { path: to.path, query: { range, environment, ...to.query }, hash: to.hash },
        { replace: true },
      )
    })
  }
})
