// What the launcher says while it works: one line per step, with its seconds; slow steps are announced as they begin,
// so that nobody looks at a still screen. Plain lines, the same on a terminal and in a log.

export type Say = (line: string) => void

export const say: Say = (line) => console.log(line ? `  ${line}` : '')

const ANNOUNCE_AFTER_MS = 700

/** Runs one step. `done` turns its result into the line that stays. */
export async function step<T>(
  doing: string,
  work: () => Promise<T>,
  done: (result: T) => string,
): Promise<T> {
  const began = performance.now()
  const announce = setTimeout(() => say(`… ${doing}`), ANNOUNCE_AFTER_MS)
  try {
    const result = await work()
    say(`✓ ${done(result)} (${seconds(performance.now() - began)})`)
    return result
  } finally {
    clearTimeout(announce)
  }
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`
