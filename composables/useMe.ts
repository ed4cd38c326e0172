// Who is signed in, and which organisations they may enter. Loaded once by the middleware and kept for the visit;
// `null` means nobody. `refreshMe` after anything that changes names or memberships.
import type { Me } from '#shared/schemas/org'
import { problemOf, useApi } from '~/composables/useApi'

export const useMe = () => {
  const api = useApi()
  const me = useState<Me | null>('me', () => null)

  const refreshMe = async (): Promise<Me | null> => {
    try {
      me.value = await api<Me>('/me')
    } catch (error) {
      if (problemOf(error).status !== 401) throw error
      me.value = null
    }
    return me.value
  }

  /** From memory when somebody is known, else from the server. */
  const loadMe = async (): Promise<Me | null> => me.value ?? (await refreshMe())

  const orgBySlug = (slug: string) => me.value?.orgs.find((org) => org.slug === slug)

  return { me, loadMe, refreshMe, orgBySlug }
}
