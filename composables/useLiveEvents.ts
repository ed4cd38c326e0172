// The events of a project as they arrive: the newest rows, how many there are a second, and what was not shown. While it
// is paused what comes waits, so that nothing is lost by looking closely.
import type { LiveAnswer, LiveEvent } from '#shared/schemas/live'
import type { Ref } from 'vue'
import { useIntervalFn } from '@vueuse/core'
import type { LiveSpec } from '~/composables/live/line'
import { useLive } from '~/composables/useLive'
import { arrivalRate, keepNewest } from '~/utils/live-rows'

export const MAX_ROWS = 500
/** Many at once are drawn at once. */
const DRAW_MS = 200

export function useLiveEvents(spec: () => LiveSpec | null, isPaused: Ref<boolean>) {
  const rows = shallowRef<readonly LiveEvent[]>([])
  const waiting = shallowRef<readonly LiveEvent[]>([])
  /** Came while it was paused, also those that are not kept. */
  const waitingCount = ref(0)
  /** Since the list began. */
  const seen = ref(0)
  const skipped = ref(0)
  const dropped = ref(0)
  const refused = ref<string | null>(null)
  const rate = ref(0)

  let arrived: LiveEvent[] = []
  let counted: { at: number; count: number }[] = []
  const count = (n: number) => {
    seen.value += n
    counted.push({ at: Date.now(), count: n })
  }

  function draw() {
    const now = Date.now()
    counted = counted.filter(({ at }) => at > now - 60_000)
    rate.value = arrivalRate(counted, now)
    if (arrived.length === 0) return
    const newestFirst = arrived.reverse()
    arrived = []
    if (isPaused.value) {
      waitingCount.value += newestFirst.length
      waiting.value = keepNewest(newestFirst, waiting.value, MAX_ROWS)
    } else rows.value = keepNewest(newestFirst, rows.value, MAX_ROWS)
  }
  useIntervalFn(draw, DRAW_MS)

  /** What waits comes in. */
  function letIn() {
    if (waiting.value.length) rows.value = keepNewest(waiting.value, rows.value, MAX_ROWS)
    waiting.value = []
    waitingCount.value = 0
  }
  watch(isPaused, (paused) => {
    draw()
    if (!paused) letIn()
  })

  function begin() {
    rows.value = []
    waiting.value = []
    waitingCount.value = seen.value = skipped.value = dropped.value = 0
    arrived = []
    counted = []
    refused.value = null
  }
  // Of other filters nothing is worth keeping.
  watch(() => JSON.stringify(spec()), begin)

  function heard(answer: LiveAnswer) {
    if (answer.type === 'event') {
      arrived.push(answer.event)
      // A tab that is not looked at draws seldom.
      if (arrived.length > MAX_ROWS) arrived.shift()
      count(1)
    } else if (answer.type === 'events.skipped') {
      count(answer.count)
      skipped.value += answer.count
    } else if (answer.type === 'dropped') dropped.value += answer.count
  }
  useLive(spec, { heard, refused: (why) => (refused.value = why) })

  return { rows, waitingCount, seen, skipped, dropped, refused, rate, letIn, begin }
}
