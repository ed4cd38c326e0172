// Where a webhook may go. An address is judged as it will be connected to, never as it was written: names, odd notations
// and redirects all end in one. Everything that is not plainly public is refused, so that nobody can use the server to
// reach what only the server can reach; an operator may open private networks (MESHER_WEBHOOK_PRIVATE).
import { BlockList, isIPv4, isIPv6 } from 'node:net'

const list = (subnets: readonly string[]): BlockList => {
  const blocked = new BlockList()
  for (const subnet of subnets) {
    const [network = '', bits] = subnet.split('/')
    blocked.addSubnet(network, Number(bits), isIPv4(network) ? 'ipv4' : 'ipv6')
  }
  return blocked
}

/** IANA's special-purpose registries, and what of them may be meant by "our own network". */
const NOT_PUBLIC_V4 = list([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...[
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.31.196.0/24',
    '192.52.193.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
  ],
  ...['192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
])
/** Of IPv6 only this is public … */
const GLOBAL_V6 = list(['2000::/3'])
/** … without protocol assignments and tunnels (Teredo, 6to4: an IPv4 address inside), documentation. */
const NOT_PUBLIC_V6 = list(['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'])

/**
 * Never, whatever the operator allows: what hands out credentials of the machine to whoever asks, and what is no single
 * host.
 */
const NEVER_V4 = list([
  ...[
    '169.254.169.254/32',
    '169.254.170.2/32',
    '169.254.170.23/32',
    '100.100.100.200/32',
    '168.63.129.16/32',
  ],
  ...['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'],
])
const NEVER_V6 = list(['::/128', 'ff00::/8', 'fd00:ec2::254/128', 'fd20:ce::254/128', 'fd00:42::42/128'])

/** IPv4 within IPv6: mapped, compatible, NAT64. They are judged as what they stand for. */
const MAPPED = list(['::ffff:0:0/96', '::/96', '64:ff9b::/96', '::ffff:0:0:0/96'])

/** The last 32 bits. */
function inner(address: string): string {
  const dotted = /\d+\.\d+\.\d+\.\d+$/.exec(address)?.[0]
  if (dotted) return dotted
  // The address parser of URL writes any notation the same way: at most eight groups in hexadecimal.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':')
  const [high = 0, low = 0] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16))
  const BYTE = 0x100
  return [high / BYTE, high % BYTE, low / BYTE, low % BYTE].map(Math.floor).join('.')
}

export function mayConnect(address: string, { allowPrivate }: { allowPrivate: boolean }): boolean {
  // A zone (fe80::1%eth0) means an interface of this machine.
  const bare = address.replace(/%.*$/, '')
  if (isIPv4(bare)) {
    if (NEVER_V4.check(bare)) return false
    return allowPrivate || !NOT_PUBLIC_V4.check(bare)
  }
  if (!isIPv6(bare) || NEVER_V6.check(bare, 'ipv6')) return false
  if (bare !== '::1' && MAPPED.check(bare, 'ipv6')) return mayConnect(inner(bare), { allowPrivate })
  return allowPrivate || isPublic(bare)
}

/** Plainly a host of the internet. */
export function isPublic(address: string): boolean {
  if (isIPv4(address)) return !NOT_PUBLIC_V4.check(address) && !NEVER_V4.check(address)
  return (
    isIPv6(address) &&
    GLOBAL_V6.check(address, 'ipv6') &&
    !NOT_PUBLIC_V6.check(address, 'ipv6') &&
    !NEVER_V6.check(address, 'ipv6')
  )
}
