// Who owns which part of the work. A shard is its owner's for as long as the owner's heartbeat is heard: there is no
// session that would have to be held, so a frozen node loses what it owns without being asked.
import type { Db } from '../database.ts'

/** Takes those that nobody holds, or a node that has been silent for too long. Leans on mesh_shard_pkey. */
export async function acquireShards(
  db: Db,
  nodeId: string,
  shardIds: readonly string[],
  silentMs: number,
): Promise<string[]> {
  const { rows } = await db.query<{ shard_id: string }>(
    `insert into mesh_shard as s (shard_id, node_id)
     select shard_id, $1 from unnest($2::text[]) as wanted (shard_id) order by 1
     on conflict (shard_id) do update set node_id = excluded.node_id, since = now()
      where s.node_id = excluded.node_id
         or not exists (select from mesh_node n
                         where n.id = s.node_id and n.heartbeat_at > clock_timestamp() - $3 * interval '1 ms')
     returning shard_id`,
    [nodeId, shardIds, silentMs],
  )
  return rows.map((row) => row.shard_id)
}

/** Which of these the node still holds. Leans on mesh_shard_pkey. */
export async function listHeldShards(db: Db, nodeId: string, shardIds: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ shard_id: string }>(
    `select shard_id from mesh_shard where node_id = $1 and shard_id = any($2::text[])`,
    [nodeId, shardIds],
  )
  return rows.map((row) => row.shard_id)
}

/** Leans on mesh_shard_pkey. */
export async function releaseShard(db: Db, nodeId: string, shardId: string): Promise<void> {
  await db.query(`delete from mesh_shard where shard_id = $2 and node_id = $1`, [nodeId, shardId])
}

/** Leans on mesh_shard_node_idx. */
export async function releaseAllShards(db: Db, nodeId: string): Promise<void> {
  await db.query(`delete from mesh_shard where node_id = $1`, [nodeId])
}
