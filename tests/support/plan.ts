// What PostgreSQL would do for a question of server/storage: hand `explainer` in as `db`, and read the plan it recorded.
// Tests assert on names of nodes and indexes, never on time.
import type pg from 'pg'
import type { Db } from '#server/storage/database.ts'

interface Node {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  'CTE Name'?: string
  Plans?: Node[]
}

export interface Plan {
  /** `Index Scan`, `Sort`, … once each. */
  nodeTypes: string[]
  /** Indexes by the name of their table's parent: partitions name theirs after themselves. */
  indexes: string[]
  /** Tables and partitions touched. */
  relations: string[]
  /** Tables and partitions read whole. */
  readWhole: string[]
  /** Lists made in the question itself that are read again for every row of something else: a quadratic plan. */
  readAgain: string[]
}

export function explainer(pool: pg.Pool): Db & { plan: () => Plan } {
  let recorded: Plan | undefined
  return {
    async query<Row extends pg.QueryResultRow>(query: string | pg.QueryConfig, values?: unknown[]) {
      const text = typeof query === 'string' ? query : query.text
      const bound = typeof query === 'string' ? values : query.values
      const explained = await pool.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
        `explain (format json) ${text}`,
        bound as unknown[],
      )
      recorded = summarise(explained.rows[0]!['QUERY PLAN'][0].Plan)
      // The question gets its real answer too: some ask for rows that must be there.
      return pool.query<Row>(text, bound as unknown[])
    },
    plan() {
      if (!recorded) throw new Error('Nothing was asked yet.')
      return recorded
    },
  }
}

function summarise(root: Node): Plan {
  const nodes: Node[] = []
  const walk = (node: Node) => {
    nodes.push(node)
    node.Plans?.forEach(walk)
  }
  walk(root)
  const distinct = (of: (node: Node) => string | undefined) =>
    [...new Set(nodes.map(of).filter((name) => name !== undefined))].sort()
  return {
    nodeTypes: distinct((node) => node['Node Type']),
    indexes: distinct((node) => node['Index Name']),
    relations: distinct((node) => node['Relation Name']),
    readWhole: distinct((node) => (node['Node Type'] === 'Seq Scan' ? node['Relation Name'] : undefined)),
    readAgain: distinct((node) =>
      node['Node Type'] === 'Nested Loop' ? innerList(node.Plans?.[1]) : undefined,
    ),
  }
}

/** The list that a join's inner side is, held in memory or not; undefined when it is a probe of a table. */
function innerList(node: Node | undefined): string | undefined {
  return node?.['Node Type'] === 'Materialize' ? innerList(node.Plans?.[0]) : node?.['CTE Name']
}
