// Where the nodes and the links of a mesh are in its picture: a circle of circles, the first on top, each pair joined.
import type { SystemNodes } from '#shared/schemas/system'

type Node = SystemNodes['nodes'][number]

export interface MeshPoint {
  node: Node
  /** From 1, as the list under the picture has it. */
  number: number
  x: number
  y: number
}
export interface MeshLine {
  key: string
  from: MeshPoint
  to: MeshPoint
  up: boolean
  /** The slower of both directions. */
  latencyMs: number | null
  /** Events, both directions together. */
  perSecond: number
}
export interface MeshPicture {
  width: number
  height: number
  points: MeshPoint[]
  lines: MeshLine[]
}

export const POINT_RADIUS = 30
const MARGIN = POINT_RADIUS + 26
const WIDTH = 360

/** Nodes that left in good order are not in it; lost ones are, until they are forgotten. */
export function meshPicture(nodes: readonly Node[]): MeshPicture {
  const shown = nodes.map((node, i) => ({ node, number: i + 1 })).filter(({ node }) => node.status !== 'left')
  const radius = shown.length === 1 ? 0 : shown.length === 2 ? WIDTH / 2 - MARGIN : 92
  const flat = shown.length <= 2
  const height = flat ? 2 * MARGIN : 2 * (radius + MARGIN)
  const points = shown.map((one, i) => {
    const angle = (2 * Math.PI * i) / shown.length - (flat ? Math.PI : Math.PI / 2)
    return {
      ...one,
      x: Math.round(WIDTH / 2 + radius * Math.cos(angle)),
      y: Math.round(height / 2 + (flat ? 0 : radius * Math.sin(angle))),
    }
  })
  const lines = points.flatMap((from, i) => points.slice(i + 1).map((to) => lineOf(from, to)))
  return { width: WIDTH, height, points, lines }
}

function lineOf(from: MeshPoint, to: MeshPoint): MeshLine {
  const there = linkOf(from.node, to.node)
  const back = linkOf(to.node, from.node)
  const latencies = [there?.latencyMs, back?.latencyMs].filter((ms) => ms !== null && ms !== undefined)
  const isAlive = ({ node }: MeshPoint) => node.status === 'alive' || node.status === 'leaving'
  return {
    key: `${from.node.id} ${to.node.id}`,
    from,
    to,
    up: isAlive(from) && isAlive(to) && (there?.up ?? false) && (back?.up ?? false),
    latencyMs: latencies.length > 0 ? Math.max(...latencies) : null,
    perSecond: (there?.sentPerSecond ?? 0) + (back?.sentPerSecond ?? 0),
  }
}

const linkOf = (from: Node, to: Node) => from.report?.links.find(({ nodeId }) => nodeId === to.id)

/** Events a second, as narrow as it gets. */
export const rateText = (perSecond: number): string =>
  perSecond >= 10 || Number.isInteger(perSecond) ? String(Math.round(perSecond)) : perSecond.toFixed(1)
