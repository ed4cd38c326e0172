// Events for those who look from other nodes. A project's room is kept by its owner; a node with somebody who looks is in
// it, a node that stored events tells it. What a node has stored itself it has told its own listeners already.
import type { MeshNode } from '#server/mesh/node.ts'
import type { PublishedEvent, RoomWatch } from '#server/streaming/live-hub.ts'

export interface LiveRooms extends RoomWatch {
  /** Does anybody look at this project from another node? */
  heard(projectId: number): boolean
  publish(projectId: number, events: readonly PublishedEvent[]): void
}

interface Told {
  from: string
  events: PublishedEvent[]
}

export function createLiveRooms(
  mesh: Pick<MeshNode, 'id' | 'alone' | 'heardElsewhere' | 'publish' | 'subscribe'>,
  tell: (projectId: number, events: readonly PublishedEvent[]) => void,
): LiveRooms {
  const rooms = new Map<number, () => void>()
  return {
    opened(projectId) {
      const leave = mesh.subscribe(String(projectId), (bytes) => {
        const { from, events } = JSON.parse(Buffer.from(bytes).toString()) as Told // written below, by a node of ours
        if (from !== mesh.id) tell(projectId, events)
      })
      rooms.set(projectId, leave)
    },
    closed(projectId) {
      rooms.get(projectId)?.()
      rooms.delete(projectId)
    },
    heard: (projectId) => !mesh.alone && mesh.heardElsewhere(String(projectId)),
    publish(projectId, events) {
      mesh.publish(String(projectId), Buffer.from(JSON.stringify({ from: mesh.id, events })))
    },
  }
}
