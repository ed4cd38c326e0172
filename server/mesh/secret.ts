// Who may speak on the mesh: whoever has the secret. The key of the connections is derived from it, and both ends prove
// with it that they have it (TLS with a pre-shared key): a wrong key, ordinary TLS and plain TCP get nothing.
import { hkdfSync, timingSafeEqual } from 'node:crypto'
import type { ConnectionOptions, TlsOptions } from 'node:tls'

const IDENTITY = 'mesher-mesh-1'
// Pre-shared keys with forward secrecy; TLS 1.3 of Node has none of them.
const CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305'
const TLS = { ciphers: CIPHERS, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const

export function meshKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'mesher', 'mesh transport 1', 32))
}

export const serverTls = (key: Buffer): TlsOptions => ({
  ...TLS,
  pskCallback(socket, identity) {
    // Each message that waits for the connection to drain listens for it.
    socket.setMaxListeners(0)
    return sameText(identity, IDENTITY) ? key : null
  },
  handshakeTimeout: 5_000,
})

export const clientTls = (key: Buffer): ConnectionOptions => ({
  ...TLS,
  pskCallback: () => ({ psk: key, identity: IDENTITY }),
  // There is no certificate: the key has proved who answers.
  checkServerIdentity: () => undefined,
})

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
