// The addresses of a host name. Asked of the name server itself and not of the C library: that one has no time limit, and
// waits in the few threads that file access needs too. What only the C library knows (/etc/hosts) is asked there after
// the name server has said no.
import { Resolver, lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

export type ResolveHost = (host: string) => Promise<string[]>

const TIMEOUT_MS = 2_500
const UNKNOWN = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'EREFUSED', 'ECONNREFUSED'])

/** @throws with a `code` of node:dns when there is none */
export const resolveHost: ResolveHost = async (host) => {
  if (isIP(host)) return [host]
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 })
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (found.length > 0) return found
  const refused = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  )
  const other = refused.find((reason) => !UNKNOWN.has(String((reason as { code?: unknown }).code)))
  if (other) throw other
  return (await lookup(host, { all: true })).map(({ address }) => address)
}
