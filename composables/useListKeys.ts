// A list that is walked with j and k and opened with Enter or o. The row in hand has the focus, so that screen readers
// and the browser's own Enter agree with it; rows mark themselves with data-list-row.
import type { Ref } from 'vue'
import { useKeys } from '~/composables/useKeys'

export function useListKeys(list: Ref<HTMLElement | null>, search?: Ref<{ focus: () => void } | null>) {
  const { whenSingle } = useKeys()
  const rows = () => [...(list.value?.querySelectorAll<HTMLElement>('[data-list-row]') ?? [])]
  const inHand = () =>
    rows().findIndex((row) => row === document.activeElement || row.contains(document.activeElement))

  function move(step: 1 | -1) {
    const all = rows()
    const at = inHand()
    const next =
      all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]
    next?.focus()
    next?.scrollIntoView({ block: 'nearest' })
  }

  defineShortcuts(
    whenSingle({
      j: () => move(1),
      k: () => move(-1),
      o: () => rows()[inHand()]?.click(),
      '/': () => search?.value?.focus(),
    }),
  )
}
