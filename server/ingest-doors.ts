// The addresses at which programs send events, as main.ts looks them up before the framework is asked: by string and
// by one pattern, with or without a trailing slash. In: a request's url; out: who serves it. The framework's own table
// has the same doors by their files.
import bulk from './api/v1/events/bulk.ts'
import single from './api/v1/events/index.ts'
import envelope from './api/[ingestProject]/envelope.ts'
import security from './api/[ingestProject]/security.ts'
import projectStore from './api/[ingestProject]/store.ts'
import store from './api/store.ts'
import type { ServeIngest } from './http/ingest-door.ts'

export interface FoundIngestDoor {
  serve: ServeIngest
  /** As the address writes it. */
  projectId?: string
}

const PLAIN = new Map<string, FoundIngestDoor>([
  ['/api/v1/events', single],
  ['/api/v1/events/bulk', bulk],
  ['/api/store', store],
])
const OF_NAME = { envelope, store: projectStore, security }
const OF_PROJECT = /^\/api\/(\d+)\/(envelope|store|security)$/

/** @returns undefined for every other address: those are the framework's */
export function findIngestDoor(url: string): FoundIngestDoor | undefined {
  const query = url.indexOf('?')
  let path = query === -1 ? url : url.slice(0, query)
  if (path.endsWith('/')) path = path.slice(0, -1)
  const plain = PLAIN.get(path)
  if (plain) return plain
  const match = OF_PROJECT.exec(path)
  if (!match) return undefined
  const [, projectId, name] = match
  return { serve: OF_NAME[name as keyof typeof OF_NAME].serve, projectId }
}
