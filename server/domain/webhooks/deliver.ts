// One attempt of one delivery, from what the queue handed out to what is written about it. In: a claimed delivery; out:
// nothing. What a target does wrong is an outcome and written down; only PostgreSQL's failures are thrown.
//
// A delivery waits → is sent → has arrived (2xx), or waits longer each time, for a day, and is given up. At once given up
// is what cannot get better: an address that is not allowed, 410, an alert or a secret that is gone. The target may get
// one twice, when a node dies between sending and writing: `webhook-id` says so.
import type { Db } from '#server/storage/database.ts'
import type { ClaimedDelivery } from '#server/storage/webhooks/claim-deliveries.ts'
import { DELIVERY_HOURS } from '#server/storage/webhooks/deliveries.ts'
import { finishDelivery, type Finished } from '#server/storage/webhooks/finish-delivery.ts'
import { bodyOf } from './body.ts'
import { plainLine } from './harmless.ts'
import { post, type PostDeps, type Posted } from './post.ts'
import { holdMs, MAX_ATTEMPTS, retryAfterMs, retryDelayMs } from './retry.ts'
import { openSecret, signatureHeaders } from './secret.ts'

export interface DeliverDeps extends PostDeps {
  db: Db
  publicUrl: string
  /** PostgreSQL's, ms since the epoch. */
  now(): number
  random(): number
}

const HOUR_MS = 3_600_000
const ANSWER_LENGTH = 200
const GONE = 410
/** What a target answers when all of it has a problem, or there is too much for it. */
const OF_THE_TARGET = (status: number) => status >= 500 || status === 408 || status === 425 || status === 429

export async function deliver(delivery: ClaimedDelivery, deps: DeliverDeps): Promise<void> {
  const began = performance.now()
  const posted = await attempt(delivery, deps)
  const now = new Date(deps.now())
  const durationMs = Math.round(performance.now() - began)
  await finishDelivery(deps.db, delivery, now, { ...judge(delivery, posted, now, deps), durationMs })
}

type Attempt = Posted | { answered: false; why: 'impossible'; error: string }

async function attempt(delivery: ClaimedDelivery, deps: DeliverDeps): Promise<Attempt> {
  const { webhook, projectId, id, kind, alert } = delivery
  if (kind !== 'test' && !alert) return { answered: false, why: 'impossible', error: 'The alert is deleted' }
  const secret = openSecret(webhook.secret, projectId)
  if (secret === null)
    return {
      ...{ answered: false, why: 'impossible' },
      error: 'The signing secret cannot be read, MESHER_SECRET has changed: replace the secret',
    }
  let body: string
  try {
    body = bodyOf(delivery, webhook.format, deps.publicUrl)
  } catch {
    // Of a form that this version does not know any more: one delivery, not the process.
    return { answered: false, why: 'impossible', error: 'The alert cannot be put into words' }
  }
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Mesher-Webhook/1',
    accept: '*/*',
    ...signatureHeaders(secret, { id, at: new Date(deps.now()), body }),
  }
  return post({ url: webhook.url, headers, body }, deps)
}

type Judged = Omit<Finished, 'durationMs'>

/** What becomes of the delivery, and of the destination it was for. */
export function judge(
  {
    attempts,
    createdAt,
    kind,
    webhook,
  }: Pick<ClaimedDelivery, 'attempts' | 'createdAt' | 'kind'> & {
    webhook: { failures: number }
  },
  outcome: Attempt,
  now: Date,
  { random }: { random(): number },
): Judged {
  const later = (ms: number) => new Date(now.getTime() + ms)
  const statusCode = outcome.answered ? outcome.statusCode : null
  const answer = outcome.answered && outcome.answer ? plainLine(outcome.answer, ANSWER_LENGTH) : null
  if (statusCode !== null && statusCode >= 200 && statusCode < 300)
    return {
      state: 'delivered',
      nextAt: null,
      statusCode,
      error: null,
      answer: null,
      works: true,
      heldUntil: null,
    }

  const said = { statusCode, answer, error: outcome.answered ? wordsFor(outcome.statusCode) : outcome.error }
  if (!outcome.answered && outcome.why === 'stopped')
    return { ...said, state: 'pending', nextAt: now, works: null, heldUntil: null }
  const ofTheTarget = outcome.answered ? OF_THE_TARGET(outcome.statusCode) : outcome.why !== 'impossible'
  const askedMs = outcome.answered ? retryAfterMs(outcome.retryAfter, now) : null
  const hold = ofTheTarget ? Math.max(askedMs ?? 0, holdMs(webhook.failures + 1, random())) : 0
  const health = {
    works: ofTheTarget || kind !== 'test' ? false : null,
    heldUntil: ofTheTarget ? later(hold) : null,
  }
  const nextAt = later(Math.max(askedMs ?? 0, retryDelayMs(attempts, random())))
  const hopeless = outcome.answered
    ? outcome.statusCode === GONE
    : outcome.why === 'blocked' || outcome.why === 'impossible'
  // Who tests looks on, and tries again himself.
  const given =
    hopeless ||
    kind === 'test' ||
    attempts >= MAX_ATTEMPTS ||
    nextAt.getTime() - createdAt.getTime() > DELIVERY_HOURS * HOUR_MS
  return { ...said, ...health, state: given ? 'failed' : 'pending', nextAt: given ? null : nextAt }
}

function wordsFor(status: number): string {
  if (status >= 300 && status < 400) return `Answered ${status}: redirects are not followed`
  if (status === 429) return 'Answered 429: too many requests'
  if (status === GONE) return 'Answered 410: it is gone for good'
  return `Answered ${status}`
}
