// Which rows of a list are chosen. Pure: each step gives the next set.

export interface Selection {
  ids: ReadonlySet<string>
  /** Chosen last without shift: where a range begins. */
  anchor: string | null
}

export const NOTHING: Selection = { ids: new Set(), anchor: null }

/** One row in or out. */
export function toggled({ ids }: Selection, id: string): Selection {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return { ids: next, anchor: id }
}

/** With shift: everything from the anchor to this row, both included, becomes what this row becomes. */
export function toggledTo(selection: Selection, id: string, order: readonly string[]): Selection {
  const from = selection.anchor === null ? -1 : order.indexOf(selection.anchor)
  const to = order.indexOf(id)
  if (from < 0 || to < 0) return toggled(selection, id)
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1)
  const next = new Set(selection.ids)
  const choose = !next.has(id)
  for (const one of range) {
    if (choose) next.add(one)
    else next.delete(one)
  }
  return { ids: next, anchor: selection.anchor }
}

/** All rows of the page, or none when all are chosen already. */
export function toggledAll({ ids }: Selection, order: readonly string[]): Selection {
  const all = order.length > 0 && order.every((id) => ids.has(id))
  return { ids: new Set(all ? [] : order), anchor: null }
}

/** Only what is still there. */
export const kept = (selection: Selection, order: readonly string[]): Selection => ({
  ids: new Set(order.filter((id) => selection.ids.has(id))),
  anchor: selection.anchor !== null && order.includes(selection.anchor) ? selection.anchor : null,
})
