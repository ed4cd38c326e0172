// The addresses that speak WebSocket. main.ts asks here for every upgrade; what is not listed is refused with 404.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createLiveStream, LIVE_PATH } from './http/sockets/live-stream.ts'
import { createIngestStream, INGEST_STREAM_PATH } from './http/sockets/ingest-stream.ts'
import { serveUpgrade, type SocketDoor } from './http/sockets/upgrade.ts'

const DOORS = new Map<string, SocketDoor>([
  [INGEST_STREAM_PATH, createIngestStream()],
  [LIVE_PATH, createLiveStream()],
])

/** For the permission walk: nothing else opens a socket. */
export const socketPaths = (): string[] => [...DOORS.keys()]

export function upgrade(req: IncomingMessage, connection: Duplex, head: Buffer): void {
  const [path = ''] = (req.url ?? '').split('?', 1)
  serveUpgrade(DOORS.get(path.replace(/\/$/, '')), req, connection, head)
}

/** Resolves when every socket has been told what it waited for and is gone. */
export async function closeSockets(withinMs: number): Promise<void> {
  await Promise.all([...DOORS.values()].map((door) => door.close(withinMs)))
}
