// Whose events these are: the DSN key a request names, and whether that key may be used for them. Asked by the HTTP
// doors for each request, and by the ingest stream at the upgrade.
import type { IncomingMessage } from 'node:http'
import { DomainError, type DomainErrorCode } from '#server/domain/errors.ts'
import { findCredential } from '#server/domain/ingest/credentials.ts'
import type { IngestKey } from '#server/domain/projects/key-cache.ts'
import type { Line } from '#server/pipeline/line.ts'

/**
 * The key a request names; null when it names none.
 * @throws DomainError conflicting_key, unknown_key
 */
export function credentialOf({ headers, url }: IncomingMessage): string | null {
  const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(',') : value)
  const at = url?.includes('sentry_key=') ? url.indexOf('?') : -1
  return findCredential({
    authorization: headers.authorization,
    sentryAuth: one(headers['x-sentry-auth']),
    mesherKey: one(headers['x-mesher-key']),
    queryKey: at === -1 ? undefined : (new URLSearchParams(url!.slice(at)).get('sentry_key') ?? undefined),
  })
}

/**
 * The key's settings, when it may be used from there. A refusal is counted for its project.
 * @throws DomainError unknown_key, key_disabled, wrong_project, origin_not_allowed
 */
export async function proveKey(
  line: Line,
  req: IncomingMessage,
  publicKey: string,
  projectId?: number,
): Promise<IngestKey> {
  const key = await line.keys.find(publicKey)
  if (!key) throw new DomainError('unknown_key')
  const code = refusalOf(key, req.headers.origin, projectId)
  if (!code) return key
  line.tally.count(key.project.id, 'unauthorized', line.clock.now())
  throw new DomainError(code)
}

/** Why a known key may not be used; undefined when it may. */
export function refusalOf(
  key: IngestKey,
  origin: string | undefined,
  projectId?: number,
): DomainErrorCode | undefined {
  if (!key.active) return 'key_disabled'
  if (projectId !== undefined && projectId !== key.project.id) return 'wrong_project'
  if (key.allowedOrigins.length > 0 && origin && !key.allowedOrigins.includes(origin))
    return 'origin_not_allowed'
  return undefined
}
