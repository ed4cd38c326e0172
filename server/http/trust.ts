// Is this request what it looks like? Against forged requests from other sites: the Origin of unsafe methods. Against
// DNS rebinding: the Host must be a name this installation is known by. For the first sign-up: does it come from the
// machine itself? All answers derive from MESHER_PUBLIC_URL and the connection, never from what a proxy claims.
import { getRequestHeader, getRequestHeaders, type H3Event } from 'h3'
import { publicUrl, useConfig } from '#server/domain/settings.ts'
import { DomainError } from '#server/domain/errors.ts'
import { currentScope } from './scope.ts'

const FORWARDING_HEADERS = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
]

/** A web page elsewhere whose name was pointed at 127.0.0.1 sends its own name as Host. */
export function assertTrustedHost(event: H3Event): void {
  const host = getRequestHeader(event, 'host')
  // Only HTTP/1.0 comes without one, and no browser speaks that any more.
  if (!host || host.toLowerCase() === publicUrl().host || isLoopbackHost(host)) return
  throw new DomainError('untrusted_host')
}

/** Unsafe methods with a session need an Origin, and it must be ours. Browsers always send it with those. */
export function assertTrustedOrigin(event: H3Event): void {
  if (!isTrustedOrigin(getRequestHeader(event, 'origin'), getRequestHeader(event, 'host'))) {
    throw new DomainError('untrusted_origin')
  }
}

/** Also for socket upgrades, which browsers send to any site together with its cookies. */
export function isTrustedOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (!origin) return false
  if (origin === publicUrl().origin) return true
  return host !== undefined && isLoopbackHost(host) && origin === `http://${host.toLowerCase()}`
}

/** From this machine, and not through a proxy on it: then whoever asks can read the files of the server anyway. */
export function isLocalRequest(event: H3Event): boolean {
  if (!isLoopbackHost(useConfig().host)) return false
  const headers = getRequestHeaders(event)
  if (FORWARDING_HEADERS.some((name) => headers[name] !== undefined)) return false
  const host = getRequestHeader(event, 'host')
  return isLoopbackAddress(peerAddress(event)) && (!host || isLoopbackHost(host))
}

/** Address of the connection's other end; pages that call the API while rendering keep their visitor's. */
export const peerAddress = (event: H3Event): string | null =>
  currentScope()?.peerAddress ?? (event.node.req.socket.remoteAddress || null)

/** Whom the throttle counts: the connection, or with MESHER_TRUST_PROXY the last hop the proxy saw. */
export function clientAddress(event: H3Event): string {
  if (useConfig().trustProxy) {
    const last = getRequestHeader(event, 'x-forwarded-for')?.split(',').at(-1)?.trim()
    if (last) return last
  }
  return peerAddress(event) ?? 'unknown'
}

/** A host name or address, with or without port. */
export function isLoopbackHost(host: string): boolean {
  const bare = /^\[(.*)\](:\d+)?$/.exec(host)?.[1] ?? host.replace(/^([^:]*):\d+$/, '$1')
  const name = bare.toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name)
}

function isLoopbackAddress(address: string | null): boolean {
  if (!address) return false
  const plain = address.replace(/^::ffff:/i, '')
  return plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain)
}
