// How it stands between this node and each other one. A link is up while the other end answers; the moment it is lost,
// by an ended connection or an answer that did not come, whoever waits for that node hears it.
//
// down → (an answer) → up → (the connection ended, or no answer in time) → down

export interface Link {
  up: boolean
  /** Of the last answer. */
  latencyMs: number | null
}

export interface Links {
  find(nodeId: string): Link | undefined
  answered(nodeId: string, latencyMs: number): void
  lose(nodeId: string): void
  /** Forgets all but these. */
  keep(nodeIds: ReadonlySet<string>): void
  /** Calls back when the link is lost; at once when it is not up. @returns stops waiting */
  onLost(nodeId: string, listener: () => void): () => void
}

export function createLinks(): Links {
  const links = new Map<string, Link>()
  const waiting = new Map<string, Set<() => void>>()

  function lose(nodeId: string): void {
    const link = links.get(nodeId)
    if (link) link.up = false
    const listeners = waiting.get(nodeId)
    waiting.delete(nodeId)
    for (const listener of listeners ?? []) listener()
  }

  return {
    find: (nodeId) => links.get(nodeId),
    answered(nodeId, latencyMs) {
      links.set(nodeId, { up: true, latencyMs })
    },
    lose,
    keep(nodeIds) {
      for (const nodeId of links.keys()) {
        if (nodeIds.has(nodeId)) continue
        lose(nodeId)
        links.delete(nodeId)
      }
    },
    onLost(nodeId, listener) {
      if (!links.get(nodeId)?.up) {
        listener()
        return () => {}
      }
      const listeners = waiting.get(nodeId) ?? new Set()
      waiting.set(nodeId, listeners.add(listener))
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0 && waiting.get(nodeId) === listeners) waiting.delete(nodeId)
      }
    },
  }
}
