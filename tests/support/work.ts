// What PostgreSQL really did for questions, however many a function asked: hand `recorder` in as the pool readers use.
// Every SELECT is explained with ANALYZE first, so the figures are counted rows and never time.
import type pg from 'pg'

interface Node {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: Node[]
}

export interface Work {
  /** Tables and partitions that were really read; what was pruned or never begun is not among them. */
  relations: string[]
  /** Those of them that were read from their beginning on, whatever is in them; empty ones are nobody's cost. */
  readWhole: string[]
  /** Rows of tables looked at, those that did not fit included. */
  rows: number
}

/** @returns the pool, and a function that gives the work since it was last asked */
export function recorder(pool: pg.Pool): { pool: pg.Pool; takeWork: () => Work } {
  let nodes: Node[] = []
  const collect = (node: Node) => {
    nodes.push(node)
    node.Plans?.forEach(collect)
  }
  const asking = (to: pg.Pool | pg.PoolClient) =>
    async function (query: string | pg.QueryConfig, values?: unknown[]) {
      const { text, values: bound } = typeof query === 'string' ? { text: query, values } : query
      if (/^\s*(select|with)\b/i.test(text)) {
        const { rows } = await to.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
          `explain (analyze, timing off, format json) ${text}`,
          bound,
        )
        collect(rows[0]!['QUERY PLAN'][0].Plan)
      }
      return to.query(query, values)
    }
  const recording = new Proxy(pool, {
    get(target, name) {
      if (name === 'query') return asking(target)
      if (name !== 'connect') return Reflect.get(target, name, target) as unknown
      return async () => {
        const client = await target.connect()
        return new Proxy(client, {
          get(inner, key) {
            if (key === 'query') return asking(inner)
            const value: unknown = Reflect.get(inner, key, inner)
            return typeof value === 'function' ? (value.bind(inner) as unknown) : value
          },
        })
      }
    },
  })
  return {
    pool: recording,
    takeWork() {
      const work = summarise(nodes)
      nodes = []
      return work
    },
  }
}

function summarise(nodes: readonly Node[]): Work {
  const read = nodes.filter((node) => node['Relation Name'] !== undefined && node['Actual Loops'] > 0)
  const names = (of: readonly Node[]) => [...new Set(of.map((node) => node['Relation Name']!))].sort()
  return {
    relations: names(read),
    readWhole: names(read.filter((node) => node['Node Type'] === 'Seq Scan' && rowsOf(node) > 0)),
    rows: read.reduce((sum, node) => sum + rowsOf(node), 0),
  }
}

const rowsOf = (node: Node): number =>
  (node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0)) *
  node['Actual Loops']
