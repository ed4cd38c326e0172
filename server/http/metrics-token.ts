// The one secret of an operator that is no person's: it reads /metrics and nothing else. In: a request; out: whether it
// brings MESHER_METRICS_TOKEN. Compared as hashes, so that neither content nor length shows in the time it takes.
import { hash, timingSafeEqual } from 'node:crypto'
import { getRequestHeader, type H3Event } from 'h3'
import { useConfig } from '#server/domain/settings.ts'

export function bringsMetricsToken(event: H3Event): boolean {
  const { metricsToken } = useConfig()
  const given = /^Bearer +(\S+)$/i.exec(getRequestHeader(event, 'authorization') ?? '')?.[1]
  if (metricsToken === undefined || given === undefined) return false
  return timingSafeEqual(digest(given), digest(metricsToken))
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer')
