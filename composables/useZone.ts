// The reader's time zone, known to the server too: the browser leaves it in a cookie, so that day buckets and clock
// times are rendered the same on both sides. UTC until it is known. One state for the whole page: a list shows
// dozens of times, and each reads it.
const YEAR_SECONDS = 365 * 24 * 3600
let asked = false

const isZone = (name: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

const zoneCookie = () =>
  useCookie<string>('mesher-zone', { maxAge: YEAR_SECONDS, sameSite: 'lax', default: () => 'UTC' })

export const useZone = () => {
  const zone = useState<string>('zone', () => {
    const remembered = zoneCookie().value
    return isZone(remembered) ? remembered : 'UTC'
  })
  const app = useNuxtApp()
  onMounted(() => {
    if (asked) return
    asked = true
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone
    if (!here) return
    zone.value = here
    app.runWithContext(() => (zoneCookie().value = here))
  })
  return zone
}
