// Numbers that look like chance and are the same in every run, so that two runs measure the same bodies.

/** Mixes 32 bits so that neighbours end up far apart; no two inputs give the same output (murmur3's last step). */
export function mix32(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** A source of numbers from 0 up to, not including, 1. */
export function randomFrom(seed: number): () => number {
  let n = seed
  return () => mix32(n++ * 2 + 1) / 2 ** 32
}
