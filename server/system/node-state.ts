// What this node says about itself. Processes report in here; doors show it. It knows neither.
export interface NodeState {
  version: string
  startedAt: Date
  tree(): ProcessNode
  /** Every process was ready once and none is down for good. */
  running(): boolean
  /** Fault injection; false when no such process runs. Only the operator's test door calls it. */
  crash(id: string): boolean
  intake(): { waiting: number; waitingBytes: number; inFlightBytes: number; budgetBytes: number }
  counters(): { stored: number; folded: number; lastFoldMs: number; announced: number }
}

/** Structurally the supervisor's `ProcessState`: this room knows no other. */
export interface ProcessNode {
  id: string
  kind: 'worker' | 'supervisor'
  status: string
  restarts: number
  lastError: { message: string; at: Date } | null
  since: Date
  children: ProcessNode[]
}

let current: NodeState | undefined

export function setNodeState(state: NodeState | undefined): void {
  current = state
}

export const findNodeState = (): NodeState | undefined => current
