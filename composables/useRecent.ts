// What the reader opened last, for ⌘K: kept in this browser, apart for each person, and forgotten when they sign out.
import { useLocalStorage } from '@vueuse/core'
import { useMe } from '~/composables/useMe'

export interface RecentPlace {
  to: string
  label: string
  suffix?: string
}

const MOST = 8
const KEY = 'mesher-recent'

export const useRecent = () => {
  const { me } = useMe()
  const stored = useLocalStorage<{ userId: string; places: RecentPlace[] }>(
    KEY,
    { userId: '', places: [] },
    { initOnMounted: true },
  )
  const places = computed(() => (stored.value.userId === me.value?.id ? stored.value.places : []))
  const set = (next: RecentPlace[]) =>
    (stored.value = { userId: me.value?.id ?? '', places: next.slice(0, MOST) })

  const remember = (place: RecentPlace) => set([place, ...places.value.filter(({ to }) => to !== place.to)])
  const forget = (address: string) => set(places.value.filter(({ to }) => to !== address))
  const forgetAll = () => set([])
  return { places, remember, forget, forgetAll }
}
