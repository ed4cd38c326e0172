// What can be done on a page, said once: each action has its words, and where it has them a key and an icon. The keys
// are bound by components/app/AppKeys.vue, which also lists exactly these under `?`; those with an icon are offered by
// ⌘K. Pages and components register while they are on the screen:
//   usePageActions('This issue', () => [{ label: 'Resolve', keys: 'e', icon: 'i-lucide-check', run: resolve }])
import type { ComputedRef } from 'vue'

export interface PageAction {
  /** What it does: "Resolve". */
  label: string
  /** As defineShortcuts writes them: `e`, `g-o`, `?`. */
  keys?: string
  /** With one, ⌘K offers it. */
  icon?: string
  run: () => void
}

export interface ActionGroup {
  title: string
  actions: ComputedRef<PageAction[]>
}

// Filled in the browser only (onMounted): on the server it would be everybody's.
const groups = shallowRef<readonly ActionGroup[]>([])

export function usePageActions(title: string, actions: () => PageAction[]) {
  const group: ActionGroup = { title, actions: computed(actions) }
  onMounted(() => (groups.value = [...groups.value, group]))
  onBeforeUnmount(() => (groups.value = groups.value.filter((one) => one !== group)))
}

/** All of what is on the screen, the frame's own first. */
export const useAllActions = () => groups
