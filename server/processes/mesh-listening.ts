// Where a node of the mesh listens, and what it tells others about it. Without a secret: nowhere but on this machine.
import { isLoopbackAddress, outwardAddress, ownAddresses } from '#server/mesh/machine.ts'
import type { MeshOptions } from '#server/mesh/node.ts'
import type { Config } from '#shared/schemas/config.ts'

/** @param index which of its launcher's processes the node is: each has a port of its own */
export function meshListening({ host, port, secret }: Config['mesh'], index: number): MeshOptions['listen'] {
  const advertisedHost = host ?? (secret === undefined ? undefined : outwardAddress()) ?? '127.0.0.1'
  if (!isLoopbackAddress(advertisedHost) && secret === undefined)
    throw new Error(`MESH_SECRET is needed to listen on ${advertisedHost}`)
  // A name, or an address that is translated on the way: on all that the machine has.
  const bound = isLoopbackAddress(advertisedHost) || ownAddresses().includes(advertisedHost)
  return { advertisedHost, host: bound ? advertisedHost : '::', port: port === 0 ? 0 : port + index }
}
