// What happens in a project, told as it happens (docs/live.md): in the browser only, while the component is there, and
// over one socket for all of the browser's tabs.
//   useLive(() => ({ projectId, events: false }), { heard: (answer) => …, renewed: () => … })
// `useLiveState` is how it stands with the connection, for people to see.
import type { MaybeRefOrGetter } from 'vue'
import type { LineState, LiveSpec } from '~/composables/live/line'
import { LiveTab, type LiveListener } from '~/composables/live/tab'
import { useMe } from '~/composables/useMe'

/** By person: whoever signs in next has a socket of their own. In the browser only. */
const tabs = new Map<string, LiveTab>()
function tabOf(userId: string): LiveTab {
  const known = tabs.get(userId)
  if (known) return known
  const { protocol, host } = window.location
  const url = `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/api/v1/live`
  const tab = new LiveTab(`mesher-live-${userId}`, url)
  tabs.set(userId, tab)
  return tab
}

/** @param spec what to listen to; null: nothing for now */
export function useLive(spec: MaybeRefOrGetter<LiveSpec | null>, listener: LiveListener) {
  const { me } = useMe()
  let stop = () => {}
  onMounted(() =>
    watch(
      () => JSON.stringify([me.value?.id, toValue(spec)]),
      () => {
        const [userId, wanted] = [me.value?.id, toValue(spec)]
        const stopBefore = stop
        stop = userId && wanted ? tabOf(userId).listen(wanted, listener) : () => {}
        // Afterwards, so that the socket stays where it is still wanted.
        stopBefore()
      },
      { immediate: true },
    ),
  )
  onBeforeUnmount(() => stop())
}

export function useLiveState() {
  const { me } = useMe()
  const state = shallowRef<LineState>('connecting')
  onMounted(() => watchEffect(() => (state.value = me.value ? tabOf(me.value.id).state.value : 'off')))
  return readonly(state)
}
