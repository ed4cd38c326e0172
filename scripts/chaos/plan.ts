// Which fault comes when, from a seed: the same seed asks for the same faults in the same order at the same times.
//
// What a fault takes away (the server's process, PostgreSQL's processes) nothing else touches until it is back; the two
// fall independently of each other, so that a server is also killed while it spools.
import type { Random } from '../../tests/support/random.ts'

/** What a fault needs for itself. `door`: that PostgreSQL answers the server's questions about who asks. */
export type Resource = 'server' | 'postgres' | 'door'

const KINDS = {
  'server killed': { uses: ['server'], shortestMs: 0, longestMs: 0 },
  'server told to stop': { uses: ['server'], shortestMs: 0, longestMs: 0 },
  'server frozen': { uses: ['server'], shortestMs: 1_000, longestMs: 5_000 },
  'process crashed': { uses: ['server', 'door'], shortestMs: 0, longestMs: 0 },
  'PostgreSQL frozen': { uses: ['postgres', 'door'], shortestMs: 3_000, longestMs: 12_000 },
  'PostgreSQL stopped, fast': { uses: ['postgres', 'door'], shortestMs: 1_000, longestMs: 30_000 },
  'PostgreSQL stopped, immediate': { uses: ['postgres', 'door'], shortestMs: 1_000, longestMs: 30_000 },
  'connections terminated': { uses: ['postgres'], shortestMs: 0, longestMs: 0 },
  'event table locked': { uses: ['postgres'], shortestMs: 5_000, longestMs: 5_000 },
} as const satisfies Record<string, { uses: Resource[]; shortestMs: number; longestMs: number }>

export type FaultKind = keyof typeof KINDS
export const FAULT_KINDS = Object.keys(KINDS) as FaultKind[]
export const usesOf = (kind: FaultKind): readonly Resource[] => KINDS[kind].uses

export interface PlannedFault {
  kind: FaultKind
  /** From the beginning of the load. */
  atMs: number
  /** How long it lasts; 0: a moment. */
  forMs: number
  /** 0 ≤ n < 1: which process, where there is a choice. */
  pick: number
}

const SHORTEST_GAP_MS = 5_000
const LONGEST_GAP_MS = 15_000
/** For what was taken away to be there again, before the next fault wants it. */
const RECOVERY_MS = 3_000
/** There are a dozen processes to crash, and one of everything else. */
const CRASHES_A_ROUND = 3

/** @returns faults in order of time, all over by `totalMs` */
export function planFaults(random: Random, totalMs: number): PlannedFault[] {
  const plan: PlannedFault[] = []
  const freeFrom: Record<Resource, number> = { server: 0, postgres: 0, door: 0 }
  const between = (least: number, most: number) => least + random.below(most - least + 1)
  const round = () =>
    random.shuffled([...FAULT_KINDS, ...Array.from({ length: CRASHES_A_ROUND - 1 }, () => CRASH)])
  let left = round()
  for (
    let atMs = between(SHORTEST_GAP_MS, LONGEST_GAP_MS);
    atMs < totalMs;
    atMs += between(SHORTEST_GAP_MS, LONGEST_GAP_MS)
  ) {
    const isFree = (kind: FaultKind) => usesOf(kind).every((resource) => freeFrom[resource] <= atMs)
    // One of each before any comes again, so that a short run has seen most of them.
    if (!left.some(isFree)) left = [...left, ...round()]
    const at = left.findIndex(isFree)
    if (at === -1) continue
    const [kind] = left.splice(at, 1) as [FaultKind]
    const longestMs = Math.min(KINDS[kind].longestMs, totalMs - atMs)
    const forMs = between(Math.min(KINDS[kind].shortestMs, longestMs), longestMs)
    plan.push({ kind, atMs, forMs, pick: random.next() })
    for (const resource of usesOf(kind)) freeFrom[resource] = atMs + forMs + RECOVERY_MS
  }
  return plan
}

const CRASH: FaultKind = 'process crashed'
