// What the sign-in and sign-up pages must know before anybody is signed in. Asked once per visit, and again after
// a sign-up, which may have closed the door.
import type { Setup } from '#shared/schemas/org'
import { useApi } from '~/composables/useApi'

export const useSetup = () => {
  const api = useApi()
  const setup = useState<Setup | null>('setup', () => null)
  const loadSetup = async (): Promise<Setup> => (setup.value ??= await api<Setup>('/setup'))
  const forgetSetup = () => {
    setup.value = null
  }
  return { setup, loadSetup, forgetSetup }
}
