// The secret a webhook signs with. A signature needs it in the clear, so it cannot be kept as a hash: it is sealed with
// the installation's secret (AES-256-GCM), bound to its project. Whoever has the tables alone cannot sign, as long as
// MESHER_SECRET is kept elsewhere.
//
// Signatures are those of the "Standard Webhooks" specification, for which many languages have a library: HMAC-SHA-256
// over `id.timestamp.body`.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { DomainError } from '../errors.ts'

const PREFIX = 'whsec_'
const SECRET_BYTES = 24
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
/** Of the first byte: what follows may be made in another way one day. */
const VERSION = 1

export const makeSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64')

export function sealSecret(secret: string, projectId: number): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', sealingKey(), iv).setAAD(context(projectId))
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), sealed])
}

/** Null: MESHER_SECRET is another one than it was. */
export function openSecret(sealed: Buffer, projectId: number): string | null {
  const iv = sealed.subarray(1, 1 + IV_BYTES)
  const tag = sealed.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES)
  if (sealed[0] !== VERSION || tag.length !== TAG_BYTES) return null
  try {
    const cipher = createDecipheriv('aes-256-gcm', sealingKey(), iv, { authTagLength: TAG_BYTES })
    cipher.setAAD(context(projectId)).setAuthTag(tag)
    return cipher.update(sealed.subarray(1 + IV_BYTES + TAG_BYTES), undefined, 'utf8') + cipher.final('utf8')
  } catch (error) {
    if (error instanceof DomainError) throw error
    return null
  }
}

/** Headers by which a receiver knows who sent the body, when, and that it is whole. */
export function signatureHeaders(
  secret: string,
  { id, at, body }: { id: string; at: Date; body: string },
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000))
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

const context = (projectId: number) => Buffer.from(`webhook of project ${projectId}`)

function sealingKey(): Buffer {
  const value = process.env.MESHER_SECRET
  // Boot sets it before the first request, unless PostgreSQL has never answered this node.
  if (!value) throw new DomainError('unavailable', { retryAfterSeconds: 2 })
  return Buffer.from(hkdfSync('sha256', value, '', 'mesher webhook secrets 1', KEY_BYTES))
}
