// Chance that repeats itself: the same seed draws the same numbers, on every machine.

export interface Draw {
  /** From 0 up to, not including, 1. */
  unit(): number
  /** A whole number, both ends included. */
  whole(least: number, most: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** Each with its weight. */
  weighted<T>(from: readonly (readonly [T, number])[]): T
  /** Lower hexadecimal digits. */
  hex(digits: number): string
}

export function createDraw(seed: string): Draw {
  let state = hash(seed)
  // Mulberry32: one multiplication chain, well spread, and far from any secret.
  const unit = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const draw: Draw = {
    unit,
    whole: (least, most) => least + Math.floor(unit() * (most - least + 1)),
    chance: (probability) => unit() < probability,
    pick: (from) => from[Math.floor(unit() * from.length)]!,
    weighted(from) {
      let left = unit() * from.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [value, weight] of from) if ((left -= weight) < 0) return value
      return from.at(-1)![0]
    },
    hex(digits) {
      let text = ''
      while (text.length < digits)
        text += Math.floor(unit() * 2 ** 32)
          .toString(16)
          .padStart(8, '0')
      return text.slice(0, digits)
    },
  }
  return draw
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value
}
