// One clock for all relative times of a page. The server's "now" travels with the page, so that the browser's
// first rendering writes the same text; from then on it ticks here, and stands still in a hidden tab.
import type { Ref } from 'vue'

const TICK_MS = 15_000
let ticking = false

export function useNow(): Readonly<Ref<number>> {
  const now = useState<number>('now', () => Date.now())
  onMounted(() => {
    if (ticking) return
    ticking = true
    // Lives as long as the page's document: never stopped.
    const tick = () => {
      if (document.visibilityState === 'visible') now.value = Date.now()
    }
    tick()
    setInterval(tick, TICK_MS)
    document.addEventListener('visibilitychange', tick)
  })
  return now
}
