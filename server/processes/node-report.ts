// What this node says of itself with each heartbeat, and what all of them said, for whoever looks. A report is read as
// what it is: the words of another process, maybe of another version.
import type { MeshNode } from '#server/mesh/node.ts'
import { nodeReport, type NodeReport, type SystemNodes } from '#shared/schemas/system.ts'
import type { EventRouter } from './event-router.ts'
import { createRates } from './project-loads.ts'

export interface NodeReportDeps {
  mesh: Pick<MeshNode, 'nodes'>
  router: Pick<EventRouter, 'counts' | 'loads'>
  stored(): number
  rest(): Pick<NodeReport, 'tree' | 'intake' | 'spooled'>
}

/** Rates are counted from one call to the next. */
export function createNodeReporter({ mesh, router, stored, rest }: NodeReportDeps): () => NodeReport {
  const rates = createRates(() => performance.now())
  return () => {
    const { counts, loads } = router
    const perSecond = rates.since([
      ['stored', stored()],
      ['sent', counts.sent],
      ['received', counts.received],
      ...[...counts.sentTo].map(([nodeId, events]) => [`to ${nodeId}`, events] as const),
    ])
    const rate = (name: string) => perSecond.get(name) ?? 0
    return {
      ...rest(),
      pid: process.pid,
      memoryBytes: process.memoryUsage.rss(),
      load: loads.state(),
      rates: { stored: rate('stored'), sent: rate('sent'), received: rate('received') },
      links: mesh.nodes().flatMap(({ id, link }) =>
        link
          ? [
              {
                ...{ nodeId: id, up: link.up, sentPerSecond: rate(`to ${id}`) },
                latencyMs: link.latencyMs === null ? null : Math.round(link.latencyMs * 10) / 10,
              },
            ]
          : [],
      ),
      fallenBack: counts.fallenBack,
      refused: counts.refused,
    }
  }
}

export function reportedNodes(mesh: Pick<MeshNode, 'id' | 'nodes' | 'shares'>): SystemNodes {
  return {
    self: mesh.id,
    shares: mesh.shares,
    nodes: mesh.nodes().map((node) => ({
      ...{ id: node.id, name: node.name, version: node.version, status: node.status },
      address:
        node.port === null ? null : `${node.host.includes(':') ? `[${node.host}]` : node.host}:${node.port}`,
      startedAt: node.startedAt.toISOString(),
      heartbeatAt: node.heartbeatAt.toISOString(),
      shares: node.shards.length,
      report: nodeReport.safeParse(node.state).data ?? null,
    })),
  }
}
