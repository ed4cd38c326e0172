// What a refusal for the rate says in headers, for any client and for Sentry's SDKs.

/** Categories of Sentry's SDKs for what Mesher takes: exceptions, messages, reports of browsers. */
const LIMITED = 'error;default;security'

/**
 * Both headers on purpose: an SDK that reads the second keeps sending what is not limited (and what it counts as lost),
 * with `Retry-After` alone it falls silent altogether.
 * @param scope whose limit was reached
 */
export const rateLimitHeaders = (
  retryAfterSeconds: number,
  scope: 'project' | 'key',
): { 'retry-after': string; 'x-sentry-rate-limits': string } => ({
  'retry-after': String(retryAfterSeconds),
  'x-sentry-rate-limits': `${retryAfterSeconds}:${LIMITED}:${scope}`,
})
