// A node's heartbeat: says that it lives and how it is, and answers who else there is. One statement a second, on a
// table of a few rows.
import type { Db } from '../database.ts'

export interface MeshNodeRow {
  id: string
  number: number
  name: string
  machine: string
  host: string
  port: number | null
  version: string
  startedAt: Date
  heartbeatAt: Date
  /** Since its last heartbeat, by PostgreSQL's clock. */
  silentMs: number
  leaving: boolean
  state: unknown
  shards: string[]
}

export type MeshBeat = Pick<
  MeshNodeRow,
  'id' | 'name' | 'machine' | 'host' | 'port' | 'version' | 'startedAt' | 'leaving' | 'state'
>

/**
 * Numbers are at most 1,023. Whoever takes the smallest free one at the same moment as another fails, and tries again.
 * Leans on mesh_node_pkey.
 */
export async function beat(db: Db, node: MeshBeat): Promise<MeshNodeRow[]> {
  await db.query({
    name: 'mesh-beat',
    text: `
      insert into mesh_node as n (id, number, name, machine, host, port, version, started_at, leaving, state)
      select $1, (select min(free) from generate_series(0, 1023) free
                   where not exists (select from mesh_node o where o.number = free)),
             $2, $3, $4, $5, $6, $7, $8, $9
      on conflict (id) do update set
        heartbeat_at = clock_timestamp(), port = excluded.port, host = excluded.host, leaving = excluded.leaving,
        state = excluded.state`,
    values: [
      node.id,
      node.name,
      node.machine,
      node.host,
      node.port,
      node.version,
      node.startedAt,
      node.leaving,
      JSON.stringify(node.state),
    ],
  })
  return listMeshNodes(db)
}

/** All nodes, those that are gone for a while included, with what they own. Leans on mesh_shard_node_idx. */
export async function listMeshNodes(db: Db): Promise<MeshNodeRow[]> {
  const { rows } = await db.query<MeshNodeRow>({
    name: 'mesh-nodes',
    text: `
      select id, number, name, machine, host, port, version, started_at as "startedAt", heartbeat_at as "heartbeatAt",
             greatest(0, extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as "silentMs",
             leaving, state,
             array(select shard_id from mesh_shard s where s.node_id = n.id order by 1) as shards
        from mesh_node n
       order by started_at, id`,
  })
  return rows
}
