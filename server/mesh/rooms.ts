// Rooms that reach over nodes. For each room that somebody on this node listens in, one stream from the room's owner is
// kept open; one that ends (its owner changed, or is gone) is opened again. Messages meanwhile are lost: who listens
// reads again what matters, news have their own way (the outbox).
import { setTimeout as delay } from 'node:timers/promises'
import type { Engine } from './engine.ts'
import type { MeshLog } from './types.ts'

/** Of messages on their way to owners that do not answer: more are not told. */
const MAX_PUBLISHING = 256
const PUBLISH_WITHIN_MS = 5_000
const AGAIN_MS = 200

type Listener = (bytes: Uint8Array) => void

interface Room {
  listeners: Set<Listener>
  /** Ends the stream. */
  stop: AbortController | undefined
}

export interface Rooms {
  subscribe(room: string, listener: Listener): () => void
  publish(room: string, bytes: Uint8Array): void
  names(): string[]
  /** The engine runs, and stops. */
  open(): void
  close(): void
}

export function createRooms({
  engine,
  log,
}: {
  engine(): Engine | undefined
  log: Pick<MeshLog, 'error'>
}): Rooms {
  const rooms = new Map<string, Room>()
  let publishing = 0

  function start(name: string, room: Room): void {
    const running = engine()
    if (!running || room.stop) return
    room.stop = new AbortController()
    void keepOpen(running, name, room, room.stop.signal)
  }

  async function keepOpen(running: Engine, name: string, room: Room, signal: AbortSignal): Promise<void> {
    const tell = (bytes: Uint8Array) => {
      for (const listener of room.listeners) {
        try {
          listener(bytes)
        } catch (error) {
          log.error('A listener of a room failed', { room: name, error })
        }
      }
    }
    while (!signal.aborted) {
      await running.listen(name, tell, signal).catch(() => {}) // however it ended: again
      if (!signal.aborted) await delay(AGAIN_MS, undefined, { signal }).catch(() => {})
    }
  }

  function stop(room: Room): void {
    room.stop?.abort()
    room.stop = undefined
  }

  return {
    subscribe(name, listener) {
      const room = rooms.get(name) ?? { listeners: new Set(), stop: undefined }
      rooms.set(name, room)
      room.listeners.add(listener)
      start(name, room)
      return () => {
        room.listeners.delete(listener)
        if (room.listeners.size > 0 || rooms.get(name) !== room) return
        rooms.delete(name)
        stop(room)
      }
    },
    publish(name, bytes) {
      const running = engine()
      if (!running || publishing >= MAX_PUBLISHING) return
      publishing++
      void running
        .publish(name, bytes, AbortSignal.timeout(PUBLISH_WITHIN_MS))
        .catch(() => {}) // its owner is gone, or changing: as said above
        .finally(() => publishing--)
    },
    names: () => [...rooms.keys()],
    open() {
      for (const [name, room] of rooms) start(name, room)
    },
    close() {
      for (const room of rooms.values()) stop(room)
    },
  }
}
