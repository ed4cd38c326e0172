// The address an SDK sends to. Its form is fixed by the SDKs: decimal project id, key of 32 lower hex digits; they
// drop events silently for anything else. The host is the public URL's, never the one a request happened to come by.
import { randomBytes } from 'node:crypto'
import { publicUrl } from '../settings.ts'

export function dsnOf({ publicKey, projectId }: { publicKey: string; projectId: number }): string {
  const { protocol, host, pathname } = publicUrl()
  return `${protocol}//${publicKey}@${host}${pathname.replace(/\/+$/, '')}/${projectId}`
}

export const newPublicKey = (): string => randomBytes(16).toString('hex')
