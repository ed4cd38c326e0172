// The tables of the mesh, as it wants them.
import type { MeshStore } from '#server/mesh/types.ts'
import type { Db } from '#server/storage/database.ts'
import { beat } from '#server/storage/mesh/beat.ts'
import { acquireShards, listHeldShards, releaseAllShards, releaseShard } from '#server/storage/mesh/shards.ts'

export const meshStore = (db: Db): MeshStore => ({
  beat: (self) => beat(db, self),
  acquire: (nodeId, shardIds, silentMs) => acquireShards(db, nodeId, shardIds, silentMs),
  held: (nodeId, shardIds) => listHeldShards(db, nodeId, shardIds),
  release: (nodeId, shardId) => releaseShard(db, nodeId, shardId),
  releaseAll: (nodeId) => releaseAllShards(db, nodeId),
})
