// Where things are in the picture of the mesh, and what is said of the links.
import { expect, it } from 'vitest'
import type { NodeReport, SystemNodes } from '#shared/schemas/system.ts'
import { meshPicture, POINT_RADIUS, rateText } from '../../../utils/mesh-picture.ts'

type Node = SystemNodes['nodes'][number]

const node = (
  id: string,
  links: Partial<NodeReport['links'][number]>[] = [],
  status: Node['status'] = 'alive',
) =>
  ({
    ...{ id, name: id, address: null, version: '1', status, shares: 1 },
    ...{ startedAt: '', heartbeatAt: '' },
    report: { links: links.map((link) => ({ up: true, latencyMs: 1, sentPerSecond: 0, ...link })) },
  }) as unknown as Node // the picture reads no more of it

it('CLUSTER-05: any number of nodes lies within the picture, apart from each other', () => {
  for (let count = 1; count <= 9; count++) {
    const { width, height, points, lines } = meshPicture(
      Array.from({ length: count }, (_, i) => node(`n${i}`)),
    )
    expect(points.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    expect(lines).toHaveLength((count * (count - 1)) / 2)
    for (const { x, y } of points) {
      expect(Math.min(x, width - x)).toBeGreaterThanOrEqual(POINT_RADIUS)
      expect(Math.min(y, height - y)).toBeGreaterThanOrEqual(POINT_RADIUS)
    }
    for (const { from, to } of lines)
      expect(Math.hypot(from.x - to.x, from.y - to.y)).toBeGreaterThan(2 * POINT_RADIUS)
  }
})

it('a link is up when both ends say so, as slow as the slower way, as busy as both', () => {
  const [line] = meshPicture([
    node('a', [{ nodeId: 'b', latencyMs: 2, sentPerSecond: 10 }]),
    node('b', [{ nodeId: 'a', latencyMs: 5, sentPerSecond: 1.5 }]),
  ]).lines
  expect(line).toMatchObject({ up: true, latencyMs: 5, perSecond: 11.5 })
  const half = meshPicture([node('a', [{ nodeId: 'b' }]), node('b', [{ nodeId: 'a', up: false }])])
  expect(half.lines[0]!.up).toBe(false)
})

it('a lost node stays in the picture without links, one that left does not', () => {
  const links = (nodeId: string) => [{ nodeId }]
  const { points, lines } = meshPicture([
    node('a', links('b')),
    node('b', links('a'), 'silent'),
    node('c', [], 'left'),
  ])
  expect(points.map((point) => [point.node.id, point.number])).toEqual([
    ['a', 1],
    ['b', 2],
  ])
  expect(lines.map(({ up }) => up)).toEqual([false])
})

it('rates are short', () => {
  expect([0, 0.4, 3, 9.97, 10.4, 1234.5].map(rateText)).toEqual(['0', '0.4', '3', '10.0', '10', '1235'])
})
