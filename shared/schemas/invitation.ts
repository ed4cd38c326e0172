// Invitation links: whoever holds one may become a member, once.
import { z } from 'zod'
import { decimalId, instant } from './list.ts'
import { org, role } from './org.ts'

export const MAX_INVITATION_DAYS = 30
export const DEFAULT_INVITATION_DAYS = 7

export const invitationNote = z.string().trim().max(200, { error: 'Use at most 200 characters.' })
export const createInvitation = z.object({
  role,
  /** For whom, in the inviter's words: links are told apart by it. */
  note: invitationNote.optional(),
  expiresInDays: z.number().int().min(1).max(MAX_INVITATION_DAYS).default(DEFAULT_INVITATION_DAYS),
})
export type CreateInvitation = z.infer<typeof createInvitation>

/** An open one, as admins see it: the link itself is not known any more. */
export const invitation = z.object({
  id: decimalId,
  role,
  note: z.string().nullable(),
  inviter: z.object({ id: z.string(), name: z.string() }),
  createdAt: instant,
  expiresAt: instant,
})
export type Invitation = z.infer<typeof invitation>

/** `url` is said this one time: only a hash of its token is kept. */
export const newInvitation = invitation.extend({ url: z.string() })
export type NewInvitation = z.infer<typeof newInvitation>

export const invitationToken = z.object({ token: z.string().trim().min(1).max(200) })

/** What the holder of a link learns before deciding. */
export const invitationOffer = z.object({
  orgName: z.string(),
  role,
  inviterName: z.string(),
  expiresAt: instant,
})
export type InvitationOffer = z.infer<typeof invitationOffer>

export const acceptedInvitation = z.object({ org })
export type AcceptedInvitation = z.infer<typeof acceptedInvitation>

/** Why a link is worth nothing any more: `details.reason` of the answer 410. */
export const LOST_REASONS = ['used', 'revoked', 'expired', 'inviter'] as const
export type LostReason = (typeof LOST_REASONS)[number]
