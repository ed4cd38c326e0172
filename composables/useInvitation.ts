// The invitation link a reader came with. Its token stands in the address's fragment, which no server sees; it moves to
// the tab's own storage, so that it is not left in the address and the history, and signing in and coming back does not
// lose it. What it offers, or why it offers nothing any more, is asked anew on each visit.
import type { AcceptedInvitation, InvitationOffer } from '#shared/schemas/invitation'
import { useApi } from '~/composables/useApi'
import { useMe } from '~/composables/useMe'

const KEY = 'mesher-invitation'

export const useInvitation = () => {
  const api = useApi()
  const route = useRoute()
  const router = useRouter()
  const { refreshMe } = useMe()
  const token = ref('')
  const offer = shallowRef<InvitationOffer>()
  const error = shallowRef<unknown>()
  const loading = ref(true)

  async function inspect() {
    loading.value = true
    error.value = undefined
    try {
      offer.value = await api<InvitationOffer>('/invitations/inspect', {
        method: 'POST',
        body: { token: token.value },
      })
    } catch (failure) {
      offer.value = undefined
      error.value = failure
    } finally {
      loading.value = false
    }
  }

  const forget = () => sessionStorage.removeItem(KEY)

  /** Throws what the API refused with. */
  async function accept(): Promise<AcceptedInvitation> {
    const accepted = await api<AcceptedInvitation>('/invitations/accept', {
      method: 'POST',
      body: { token: token.value },
    })
    forget()
    await refreshMe()
    return accepted
  }

  onMounted(() => {
    watch(
      () => route.hash,
      async (hash) => {
        if (hash.length > 1) {
          sessionStorage.setItem(KEY, hash.slice(1))
          await router.replace({ path: route.path })
          return // comes again, without one
        }
        token.value = sessionStorage.getItem(KEY) ?? ''
        if (token.value) await inspect()
        else loading.value = false
      },
      { immediate: true },
    )
  })

  return { token, offer, error, loading, inspect, accept, forget }
}
