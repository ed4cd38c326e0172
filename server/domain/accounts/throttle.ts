// Slows down guessing. Counted in the database, so that nodes share it, before the password is looked at, so that
// parallel guesses all count; a success is given back. Three keys, because each alone can be walked around:
// one address trying many accounts, many addresses trying one account, one address trying one account.
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { chargeAttempt, refundAttempt } from '#server/storage/accounts/charge-attempt.ts'
import { useDatabase } from '#server/storage/database.ts'
import { DomainError } from '../errors.ts'

interface Who {
  address: string
  account: string
}
interface Limit {
  key: (who: Who) => string
  max: number
  windowSeconds: number
}

const LIMITS: Limit[] = [
  { key: ({ address, account }) => `pair:${network(address)}:${digest(account)}`, max: 5, windowSeconds: 60 },
  { key: ({ address }) => `address:${network(address)}`, max: 30, windowSeconds: 60 },
  // Wide: whoever knows an address could otherwise lock its owner out.
  { key: ({ account }) => `account:${digest(account)}`, max: 100, windowSeconds: 3_600 },
]

export async function withThrottle<T>(action: string, who: Who, attempt: () => Promise<T>): Promise<T> {
  const db = useDatabase().read
  const keys: string[] = []
  for (const { key, max, windowSeconds } of LIMITS) {
    const name = `${action}:${key(who)}`
    const { count, secondsLeft } = await chargeAttempt(db, { key: name, windowSeconds })
    if (count > max) {
      throw new DomainError('too_many_attempts', { retryAfterSeconds: Math.max(1, secondsLeft) })
    }
    keys.push(name)
  }
  const result = await attempt()
  for (const key of keys) await refundAttempt(db, key)
  return result
}

/** E-mail addresses are not kept where a dump of counters would show who tried to sign in. */
const digest = (account: string): string =>
  createHash('sha256').update(account).digest('base64url').slice(0, 22)

/** Whoever has one IPv6 address has the 64 bits below it. */
const network = (address: string): string => {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = ''] = address.split('::')
  return head.split(':').slice(0, 4).join(':')
}
