// FROZEN (see ../v1.ts). Frames of one program repeat from event to event; what they come to is remembered, because the
// patterns that cut names are the dearest part of grouping. Bounded: hostile names must not grow the memory.

const MAX_REMEMBERED = 20_000
/** Longer names are rare, and not worth their place. */
const MAX_NAME = 200

export function remember<Result>(
  compute: (name: string) => Result,
  { most = MAX_REMEMBERED, longest = MAX_NAME } = {},
): (name: string) => Result {
  const known = new Map<string, Result>()
  return (name) => {
    if (name.length > longest) return compute(name)
    const before = known.get(name)
    if (before !== undefined) return before
    const result = compute(name)
    if (known.size >= most) known.clear()
    known.set(name, result)
    return result
  }
}
