// A stack as it is read: own frames one by one, runs of library frames and endless recursion folded into one row.
import type { Frame } from '#shared/schemas/event'

export interface PlacedFrame {
  frame: Frame
  /** Its place in the payload: the key for remembering what is open. */
  index: number
}

export type FrameRun =
  | { kind: 'frame'; key: string; at: PlacedFrame }
  | { kind: 'library'; key: string; frames: PlacedFrame[] }
  | { kind: 'repeat'; key: string; frames: PlacedFrame[]; cycle: number }

/** Fewer are not worth a fold. */
const MIN_LIBRARY_RUN = 2
/** A frame (or a cycle of up to three) that comes again at least so often is recursion. */
const MIN_REPEATS = 4
const MAX_CYCLE = 3

const sameFrame = (a: Frame, b: Frame): boolean =>
  a.function === b.function && a.filename === b.filename && a.module === b.module && a.lineno === b.lineno

/** `frames` in payload order (oldest call first). The newest frame, where it broke, is never folded away. */
export function frameRuns(frames: readonly Frame[], newestFirst: boolean): FrameRun[] {
  const placed = frames.map((frame, index) => ({ frame, index }))
  const newest = placed.at(-1)
  if (newestFirst) placed.reverse()
  const anyInApp = frames.some((frame) => frame.inApp)
  const runs: FrameRun[] = []
  for (let at = 0; at < placed.length;) {
    const length = placed[at] === newest ? 1 : Math.max(1, libraryRun(placed, at, anyInApp, newest))
    if (length > 1) {
      runs.push({ kind: 'library', key: `l${placed[at]?.index}`, frames: placed.slice(at, at + length) })
      at += length
      continue
    }
    const { repeated, cycle } = recursion(placed, at)
    // The first round of a recursion is shown, the rest folded.
    for (const one of placed.slice(at, at + cycle))
      runs.push({ kind: 'frame', key: `f${one.index}`, at: one })
    if (repeated > 0) {
      const rest = placed.slice(at + cycle, at + cycle + repeated)
      runs.push({ kind: 'repeat', key: `r${rest[0]?.index}`, frames: rest, cycle })
    }
    at += cycle + repeated
  }
  return runs
}

function libraryRun(placed: PlacedFrame[], from: number, anyInApp: boolean, newest?: PlacedFrame): number {
  if (!anyInApp) return 0
  let length = 0
  while (placed[from + length] && placed[from + length] !== newest && !placed[from + length]?.frame.inApp)
    length++
  return length >= MIN_LIBRARY_RUN ? length : 0
}

function recursion(placed: PlacedFrame[], from: number): { cycle: number; repeated: number } {
  for (let cycle = 1; cycle <= MAX_CYCLE; cycle++) {
    let length = cycle
    for (; from + length < placed.length; length++) {
      const [a, b] = [placed[from + length], placed[from + length - cycle]]
      if (!a || !b || !sameFrame(a.frame, b.frame)) break
    }
    const repeated = Math.floor(length / cycle) * cycle - cycle
    if (repeated / cycle + 1 >= MIN_REPEATS) return { cycle, repeated }
  }
  return { cycle: 1, repeated: 0 }
}
