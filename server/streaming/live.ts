// The hub of this process, for the door that opens sockets; as pipeline/line.ts has the line.
import type { LiveHub } from './live-hub.ts'

let current: LiveHub | undefined

export function setLiveHub(hub: LiveHub | undefined): void {
  current = hub
}

/** Undefined while the node is still starting, or stopping. */
export const findLiveHub = (): LiveHub | undefined => current
