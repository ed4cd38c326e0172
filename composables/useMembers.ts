// Who an issue can be given to: the members of the organisation, asked for when a menu opens, kept for the visit.
import type { Member } from '#shared/schemas/org'
import { useApi } from '~/composables/useApi'

interface Known {
  state: 'asking' | 'known' | 'failed'
  members: Member[]
}

export const useMembers = (orgSlug: string) => {
  const api = useApi()
  const byOrg = useState<Record<string, Known>>('members', () => ({}))
  const known = computed<Known | undefined>(() => byOrg.value[orgSlug])
  const members = computed(() => known.value?.members ?? [])
  const state = computed(() => known.value?.state ?? 'unasked')
  const set = (next: Known) => (byOrg.value = { ...byOrg.value, [orgSlug]: next })

  async function loadMembers() {
    if (state.value === 'asking') return
    // What is known is shown while it is asked for again: people come and go.
    if (state.value !== 'known') set({ state: 'asking', members: members.value })
    const found: Member[] = []
    try {
      let cursor: string | null = null
      do {
        const page: { data: Member[]; nextCursor: string | null } = await api(`/orgs/${orgSlug}/members`, {
          query: { limit: 100, cursor: cursor ?? undefined },
        })
        found.push(...page.data)
        cursor = page.nextCursor
      } while (cursor)
      set({ state: 'known', members: found })
    } catch {
      // The menu says it; opening it again asks again.
      if (state.value !== 'known') set({ state: 'failed', members: [] })
    }
  }

  const nameOf = (id: string) => members.value.find((member) => member.id === id)?.name
  return { members, state, loadMembers, nameOf }
}
