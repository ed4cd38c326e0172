// API tokens of an organisation: made by its admins, shown once, kept as a hash. A token can never be worth more than
// its creator: not when it is made, and not at any use (http/require-member.ts).
import { randomBytes } from 'node:crypto'
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { deleteToken } from '#server/storage/tokens/delete-token.ts'
import { insertToken } from '#server/storage/tokens/insert-token.ts'
import { listTokens, type TokenRow } from '#server/storage/tokens/list-tokens.ts'
import {
  SCOPES_OF_ROLE,
  TOKEN_PREFIX,
  type ApiToken,
  type CreatedToken,
  type CreateToken,
} from '#shared/schemas/token.ts'
import { DomainError } from '../errors.ts'
import type { OrgContext } from '../orgs/find-membership.ts'
import { readForwardPage, type ForwardPage } from '../orgs/forward-page.ts'
import { hashToken } from './live-token.ts'

const SECRET_BYTES = 32
const HINT_LENGTH = 8

export async function pageTokens(
  org: OrgContext,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<ForwardPage<ApiToken>> {
  const page = await readForwardPage({
    scope: { list: 'tokens', project: 0, org: org.id },
    cursor,
    limit,
    read: (after, n) =>
      listTokens(useDatabase().read, { organizationId: org.id, beforeId: after?.id ?? null, limit: n }),
    placeOf: ({ id }) => ({ value: String(id), id: String(id) }),
  })
  return { ...page, data: page.data.map(toToken) }
}

/** @throws DomainError validation_failed at `scopes` for what the creator may not do himself */
export async function createToken(
  creatorId: string,
  org: OrgContext,
  { name, scopes, expiresInDays }: CreateToken,
): Promise<CreatedToken> {
  const refused = scopes.filter((scope) => !SCOPES_OF_ROLE[org.role].includes(scope))
  if (refused.length > 0) {
    const message = `Your role does not allow ${refused.join(', ')}.`
    throw new DomainError('validation_failed', { problems: [{ path: 'scopes', message }] }, message)
  }
  const secret = TOKEN_PREFIX + randomBytes(SECRET_BYTES).toString('base64url')
  const hint = secret.slice(0, HINT_LENGTH)
  const row = await withTransaction(useDatabase().read, async (db) => {
    const token = await insertToken(db, {
      organizationId: org.id,
      creatorId,
      name,
      tokenHash: hashToken(secret),
      hint,
      scopes,
      expiresInDays,
    })
    if (!token) throw new DomainError('not_found')
    await insertAudit(db, {
      organizationId: org.id,
      actorId: creatorId,
      action: 'token.created',
      target: `token:${token.id}`,
      data: { name, hint, scopes, expiresInDays },
    })
    return token
  })
  return { ...toToken(row), token: secret }
}

export async function revokeToken(actorId: string, org: OrgContext, id: string): Promise<void> {
  await withTransaction(useDatabase().read, async (db) => {
    const token = await deleteToken(db, { organizationId: org.id, id })
    if (!token) throw new DomainError('not_found')
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'token.deleted',
      target: `token:${id}`,
      data: { ...token },
    })
  })
}

const toToken = (row: TokenRow): ApiToken => ({
  id: String(row.id),
  name: row.name,
  hint: row.hint,
  scopes: row.scopes,
  creator: { id: row.creatorId, name: row.creatorName, role: row.creatorRole },
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt?.toISOString() ?? null,
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
})
