// Where a node can be reached. On one machine by the loopback; from others by the address that is told them.
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'

/** Nodes with the same answer reach each other by the loopback: one boot of a kernel, and a network on it. */
export function machineId(): string {
  let where = hostname()
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    where = `${boot} ${readlinkSync('/proc/self/ns/net')}`
  } catch {
    // Not Linux: its name has to do.
  }
  return createHash('sha256').update(where).digest('hex').slice(0, 16)
}

/** The first address that others could know; undefined on a machine without network. */
export function outwardAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address
}

export const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? [])

export const isLoopbackAddress = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
