// A list that is walked with j and k and opened with Enter or o. The row in hand has the focus, so that screen readers
// and the browser's own Enter agree with it; rows mark themselves with data-list-row and what they are of.
import type { Ref } from 'vue'
import { usePageActions, type PageAction } from '~/composables/usePageActions'

interface Options {
  list: Ref<HTMLElement | null>
  /** What `/` leads to. */
  search?: Ref<{ focus: () => void } | null>
  /** What else can be done with the row in hand (its data-list-row), or with the list. */
  more?: (inHand: () => string | undefined) => PageAction[]
  /** What the rows are. */
  noun?: 'issue' | 'event' | 'alert'
  /** Where a row's own Enter does something else than opening it. */
  open?: (inHand: string) => void
}

const TITLES = { issue: 'Issues', event: 'Events', alert: 'Alerts' } as const

export function useListKeys({ list, search, more, noun = 'issue', open }: Options) {
  const rows = () => [...(list.value?.querySelectorAll<HTMLElement>('[data-list-row]') ?? [])]
  /** The row with the focus, or the one whose checkbox has it. */
  const place = () => rows().findIndex((row) => (row.closest('li') ?? row).contains(document.activeElement))
  const inHand = () => rows()[place()]?.dataset.listRow

  function move(step: 1 | -1) {
    const all = rows()
    const at = place()
    const next =
      all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]
    next?.focus()
    next?.scrollIntoView({ block: 'nearest' })
  }

  /** Does what may take the row in hand away, then takes the one that came up in its place. */
  async function keepPlace(change: () => void) {
    const at = place()
    change()
    if (at < 0) return
    await nextTick()
    if (place() < 0) rows()[Math.min(at, rows().length - 1)]?.focus()
  }

  const openRow = (): void =>
    void (open ? inHand() !== undefined && open(inHand()!) : rows()[place()]?.click())
  usePageActions(TITLES[noun], () => [
    { label: `Next ${noun}`, keys: 'j', run: () => move(1) },
    { label: `Previous ${noun}`, keys: 'k', run: () => move(-1) },
    { label: open ? `Open the ${noun}` : `Open the ${noun} (as Enter does)`, keys: 'o', run: openRow },
    ...(search ? [{ label: 'Search', keys: '/', run: () => search.value?.focus() }] : []),
    ...(more?.(inHand) ?? []),
  ])
  return { inHand, keepPlace }
}
