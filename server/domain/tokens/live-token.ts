// From the secret a request shows to the token it belongs to. What the token may do is decided where the role of its
// creator is known (http/require-member.ts).
import { createHash } from 'node:crypto'
import { asToken } from '#server/storage/audit/acting-token.ts'
import { useDatabase } from '#server/storage/database.ts'
import { findToken, type LiveTokenRow } from '#server/storage/tokens/find-token.ts'
import { markTokenUsed } from '#server/storage/tokens/mark-token-used.ts'
import { TOKEN_FORM } from '#shared/schemas/token.ts'

export type LiveToken = LiveTokenRow

/** 256 random bits need no salt and no slow hash: there is nothing to guess. */
export const hashToken = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Null for unknown, revoked, expired and misshapen secrets alike. */
export async function findLiveToken(secret: string): Promise<LiveToken | null> {
  return TOKEN_FORM.test(secret) ? findToken(useDatabase().read, hashToken(secret)) : null
}

/** Of this node, until they are noted: a burst of requests says it once. */
const beingNoted = new Set<number>()

/** Nothing waits for it: who calls sees to its failure. */
export async function noteTokenUse(token: LiveToken): Promise<void> {
  if (!token.useIsNews || beingNoted.has(token.id)) return
  beingNoted.add(token.id)
  try {
    await markTokenUsed(useDatabase().read, token)
  } finally {
    beingNoted.delete(token.id)
  }
}

/** Audit lines written in `fn` name the token. */
export { asToken }
