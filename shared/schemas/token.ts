// API tokens: secrets of the management API that belong to an organisation, and what each may do.
import { z } from 'zod'
import { decimalId, instant } from './list.ts'
import { role, type Role } from './org.ts'

/** What a door asks of a token; each stands alone, none contains another. */
export const SCOPES = ['event:read', 'issue:write', 'project:admin', 'org:admin'] as const
export const scope = z.enum(SCOPES)
export type Scope = z.infer<typeof scope>

/** What tokens of somebody with that role may do, when they are made and at every use. */
export const SCOPES_OF_ROLE: Record<Role, readonly Scope[]> = {
  member: ['event:read', 'issue:write'],
  admin: SCOPES,
  owner: SCOPES,
}

/** The form is known before the database is asked: 32 random bytes behind a prefix that secret scanners can find. */
export const TOKEN_PREFIX = 'msh_'
export const TOKEN_FORM = /^msh_[\w-]{43}$/
export const MAX_TOKEN_DAYS = 365

export const createToken = z.object({
  name: z
    .string()
    .trim()
    .min(1, { error: 'Give it a name.' })
    .max(80, { error: 'Use at most 80 characters.' })
    .refine((text) => !text.includes('\0'), { error: 'Leave out the NUL character.' }),
  scopes: z
    .array(scope)
    .min(1, { error: 'Choose what it may do.' })
    .max(SCOPES.length)
    .refine((scopes) => new Set(scopes).size === scopes.length, { error: 'Name each scope once.' }),
  /** Null: until it is revoked. */
  expiresInDays: z
    .int({ error: 'Write a whole number of days.' })
    .min(1, { error: 'A day is the least.' })
    .max(MAX_TOKEN_DAYS, { error: 'A year is the most.' })
    .nullable()
    .default(90),
})
export type CreateToken = z.output<typeof createToken>

export const apiToken = z.object({
  id: decimalId,
  name: z.string(),
  /** Its first eight characters. */
  hint: z.string(),
  scopes: z.array(scope),
  /** With the role of now: what it does not allow, the token cannot do. */
  creator: z.object({ id: z.string(), name: z.string(), role }),
  createdAt: instant,
  expiresAt: instant.nullable(),
  /** At most a minute late. */
  lastUsedAt: instant.nullable(),
})
export type ApiToken = z.infer<typeof apiToken>

/** The only time the secret is said: its hash is all that is kept. */
export const createdToken = apiToken.extend({ token: z.string() })
export type CreatedToken = z.infer<typeof createdToken>
