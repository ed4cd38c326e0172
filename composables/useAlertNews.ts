// How many alerts somebody has not seen, and what happens when one comes while the app is open: the number rises, a
// toast says it and, where they asked for that, the browser. The layout hears over the live socket that alerts changed;
// without one it asks on each navigation and every minute.
import type { Alert, AlertsPage } from '#shared/schemas/alert'
import { useDocumentVisibility, useIntervalFn, useThrottleFn } from '@vueuse/core'
import { useApi } from '~/composables/useApi'
import { useLive, useLiveState } from '~/composables/useLive'
import { useWhere } from '~/composables/useProject'
import { alertTitle, whyFired } from '~/utils/alert-words'

const EVERY_MS = 60_000
/** However many alerts come at once: read once. */
const READ_MS = 1_000
/** More than this at once are told by their number. */
const TOLD_SINGLY = 3
const EXACT = 1_000

export function useUnreadAlerts() {
  const unread = useState('alerts-unread', () => 0)
  return { unread }
}

export function useAlertNews() {
  const api = useApi()
  const toast = useToast()
  const { frameOrg: org } = useWhere()
  const { unread } = useUnreadAlerts()
  /** Of which organisation, and the newest alert known there: only later ones are news. */
  const known = useState<{ org: string; newest: number } | null>('alerts-known', () => null)
  /** Raised with each piece of news, so that an inbox on the screen reads again. */
  const heard = useState('alerts-heard', () => 0)

  /**
   * Alerts may have changed, or have (`isTold`). Never throws: news that cannot be read now are there with the next.
   */
  async function alertNews(isTold = false): Promise<void> {
    const slug = org.value?.slug
    if (!slug) return
    let page: AlertsPage
    try {
      page = await api<AlertsPage>(`/orgs/${slug}/alerts`, { query: { state: 'active', limit: 10 } })
    } catch {
      return
    }
    if (org.value?.slug !== slug) return
    const before = known.value
    const changed = unread.value !== page.counts.unread
    unread.value = page.counts.unread
    const newest = Math.max(0, ...page.data.map(({ id }) => Number(id)))
    const isSameOrg = before?.org === slug
    known.value = { org: slug, newest: isSameOrg ? Math.max(before.newest, newest) : newest }
    if (!isSameOrg) return
    const fresh = page.data.filter((alert) => Number(alert.id) > before.newest && alert.unread)
    if (fresh.length) tell(fresh, slug)
    if (fresh.length || changed || isTold) heard.value++
  }

  function tell(fresh: readonly Alert[], slug: string) {
    const inbox = `/${slug}/alerts`
    if (fresh.length > TOLD_SINGLY) {
      say(`${fresh.length} new alerts`, 'In the inbox.', inbox)
      return
    }
    for (const alert of [...fresh].reverse())
      say(alertTitle(alert), `${alert.project.name}: ${whyFired(alert)}`, inbox)
  }

  function say(title: string, description: string, to: string) {
    toast.add({
      title,
      description,
      icon: 'i-lucide-bell-ring',
      color: 'warning',
      actions: [{ label: 'Alerts', color: 'neutral', variant: 'outline', to }],
    })
    // Who looks at the page has the toast.
    if (!('Notification' in window) || Notification.permission !== 'granted' || document.hasFocus()) return
    try {
      const shown = new Notification(title, { body: description, tag: `mesher:${title}` })
      shown.onclick = () => {
        window.focus()
        shown.close()
        void navigateTo(to)
      }
    } catch (error) {
      // Android's Chrome has the constructor and refuses it.
      if (!(error instanceof TypeError)) throw error
    }
  }

  const markRead = async (slug: string, mark: string): Promise<void> => {
    await api(`/orgs/${slug}/alerts/read`, { method: 'POST', body: { mark } })
    unread.value = 0
  }

  return { alertNews, heard, markRead }
}

/** 1001 stands for more. */
export const alertCount = (n: number): string => (n > EXACT ? '1,000+' : String(n))

/** For the layout: alerts of the organisation, told as they come, while somebody can see it. */
export function useAlertWatch() {
  const { frameOrg: org } = useWhere()
  const { alertNews } = useAlertNews()
  const route = useRoute()
  const visibility = useDocumentVisibility()
  const live = useLiveState()
  const readSoon = useThrottleFn(() => void alertNews(true), READ_MS, true)
  useLive(() => (org.value ? { org: org.value.slug } : null), {
    heard: ({ type }) => type === 'alert' && void readSoon(),
    renewed: () => void readSoon(),
    // Who allowed notifications wants them most when looking at something else.
    whileHidden: () => 'Notification' in window && Notification.permission === 'granted',
  })
  onNuxtReady(() => void alertNews())
  const ask = () => {
    if (visibility.value === 'visible' && live.value !== 'live') void alertNews()
  }
  watch(
    () => route.path,
    () => import.meta.client && ask(),
  )
  watch(visibility, ask)
  useIntervalFn(ask, EVERY_MS)
}
