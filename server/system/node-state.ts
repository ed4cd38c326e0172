// What this node says about itself. Processes report in here; doors show it. It knows neither.
import type { Outcome } from '#shared/schemas/stats.ts'
import type { ProcessState, SystemNodes, SystemProcesses } from '#shared/schemas/system.ts'
import type { Health } from '#shared/schemas/system-status.ts'

export interface NodeState {
  version: string
  startedAt: Date
  tree(): ProcessState
  /** Every process was ready once and none is down for good. */
  running(): boolean
  /** Fault injection; false when no such process runs. Only the operator's test door calls it. */
  crash(id: string): boolean
  intake(): SystemProcesses['intake']
  spool(): SystemProcesses['spool']
  /** Whether what is sent now would be kept, and by what; remembered for a second. */
  health(): Promise<Health>
  counters(): SystemProcesses['counters']
  /** All nodes that share the database, as far as this one knows. */
  nodes(): SystemNodes
  /** Of this process since it started. */
  outcomes(): Record<Outcome, number>
  foldLagSeconds(): number
  pools(): { name: string; total: number; idle: number; waiting: number }[]
}

let current: NodeState | undefined

export function setNodeState(state: NodeState | undefined): void {
  current = state
}

export const findNodeState = (): NodeState | undefined => current
