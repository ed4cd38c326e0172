// Accounts, organisations and members as the API speaks of them.
import { z } from 'zod'
import { decimalId, instant } from './list.ts'

export const ROLES = ['member', 'admin', 'owner'] as const
export const role = z.enum(ROLES)
export type Role = z.infer<typeof role>

export const slug = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { error: 'Use lower-case letters, digits and single dashes.' })

export const orgName = z.string().trim().min(1, { error: 'Give it a name.' }).max(80)

export const createOrg = z.object({ name: orgName, slug: slug.optional() })
export const updateOrg = z.object({ name: orgName.optional(), slug: slug.optional() })

export const org = z.object({ id: decimalId, slug: z.string(), name: z.string(), role, createdAt: instant })
export type Org = z.infer<typeof org>

export const member = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role,
  joinedAt: instant,
})
export type Member = z.infer<typeof member>
export const updateMember = z.object({ role })
/** Whose the organisation is to be. */
export const transferOrg = z.object({ userId: z.string().min(1).max(100) })

/** `GET /api/v1/me`: who am I, and where may I go. */
export const me = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  installationOwner: z.boolean(),
  orgs: z.array(org),
})
export type Me = z.infer<typeof me>

/** `GET /api/v1/setup`, open: what the sign-up page must ask for. */
export const setup = z.object({
  /** `first-owner`: nobody owns the installation yet; `open`: anyone may; `closed`: by invitation only. */
  signUp: z.enum(['first-owner', 'open', 'closed']),
  /** The first owner signs up from elsewhere and must show the one-time token printed at start. */
  needsToken: z.boolean(),
})
export type Setup = z.infer<typeof setup>
