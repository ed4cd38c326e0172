// Which DSN key a request carries, wherever SDKs put it (sentry-protocol §2). Several places may say it; they must agree.
import { DomainError } from '../errors.ts'

export interface CredentialSources {
  authorization?: string
  sentryAuth?: string
  mesherKey?: string
  /** `?sentry_key=` */
  queryKey?: string
}

const KEY = /^[A-Za-z0-9_]{1,64}$/

/**
 * @returns the key, or null when the request names none
 * @throws DomainError conflicting_key when two places disagree; missing_key when what is there is no key
 */
export function findCredential(sources: CredentialSources): string | null {
  const found = new Set<string>()
  const bearer = /^Bearer\s+(\S+)$/i.exec(sources.authorization ?? '')
  if (bearer) found.add(bearer[1]!)
  if (/^Sentry\s/i.test(sources.authorization ?? '')) addSentryKey(found, sources.authorization!)
  if (sources.sentryAuth) addSentryKey(found, sources.sentryAuth)
  if (sources.mesherKey) found.add(sources.mesherKey.trim())
  if (sources.queryKey) found.add(sources.queryKey)
  if (found.size > 1) throw new DomainError('conflicting_key')
  const [key] = found
  if (key !== undefined && !KEY.test(key)) throw new DomainError('unknown_key')
  return key ?? null
}

/** `Sentry sentry_key=…, sentry_version=7, …` in any order. */
function addSentryKey(found: Set<string>, header: string): void {
  const pairs = header
    .slice(0, 2_048)
    .replace(/^\s*Sentry\s+/i, '')
    .split(',')
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at !== -1 && pair.slice(0, at).trim() === 'sentry_key') found.add(decode(pair.slice(at + 1).trim()))
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // not URL-encoded after all; the key's form is checked next
  }
}

/** Key and project of a DSN as the tunnel form sends it in the envelope's header; null when it is none. */
export function parseDsn(dsn: unknown): { publicKey: string; projectId: number } | null {
  if (typeof dsn !== 'string' || !URL.canParse(dsn)) return null
  const url = new URL(dsn)
  const projectId = Number(url.pathname.split('/').findLast((part) => part !== ''))
  if (!KEY.test(url.username) || !Number.isSafeInteger(projectId)) return null
  return { publicKey: url.username, projectId }
}
