import { expect, it } from 'vitest'
import { mergeExpositions } from '#server/system/merge-expositions.ts'

it('OPS-01: texts of several processes become one, each metric described once with all its samples', () => {
  const text = (node: number, more = '') =>
    `# HELP a_total Counts. # HELP not\n# TYPE a_total counter\na_total{node="${node}",x="# no comment"} ${node}\n\n` +
    `# HELP b Bytes.\n# TYPE b gauge\nb{node="${node}"} 1\n${more}`
  const merged = mergeExpositions([
    text(0),
    '',
    text(1, '\n# HELP c Only here.\n# TYPE c gauge\nc{node="1"} 3\n'),
  ])
  expect(merged).toBe(
    [
      '# HELP a_total Counts. # HELP not',
      '# TYPE a_total counter',
      'a_total{node="0",x="# no comment"} 0',
      'a_total{node="1",x="# no comment"} 1',
      '',
      '# HELP b Bytes.',
      '# TYPE b gauge',
      'b{node="0"} 1',
      'b{node="1"} 1',
      '',
      '# HELP c Only here.',
      '# TYPE c gauge',
      'c{node="1"} 3',
      '',
    ].join('\n'),
  )
})
