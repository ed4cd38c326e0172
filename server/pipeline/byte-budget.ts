// One budget for all bodies in a node: being read, decoded, waiting to be written. Without it a thousand slow senders
// of a megabyte each would end the process; with it the thousand-and-first is told to come back.
export interface ByteBudget {
  /** Takes `bytes` if they fit; false otherwise. */
  tryTake(bytes: number): boolean
  give(bytes: number): void
  readonly used: number
  readonly total: number
}

export function createByteBudget(total: number): ByteBudget {
  let used = 0
  return {
    tryTake(bytes) {
      if (used + bytes > total) return false
      used += bytes
      return true
    },
    give(bytes) {
      used -= bytes
    },
    get used() {
      return used
    },
    total,
  }
}
