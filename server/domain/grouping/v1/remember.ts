// FROZEN (see ../v1.ts). Frames of one program repeat from event to event; what they come to is remembered, because the
// patterns that cut names are the dearest part of grouping. Bounded: hostile names must not grow the memory.

const MAX_REMEMBERED = 20_000
/** Longer names are rare, and not worth their place. */
const MAX_NAME = 200

export function remember(compute: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>()
  return (name) => {
    if (name.length > MAX_NAME) return compute(name)
    const before = known.get(name)
    if (before !== undefined) return before
    const result = compute(name)
    if (known.size >= MAX_REMEMBERED) known.clear()
    known.set(name, result)
    return result
  }
}
