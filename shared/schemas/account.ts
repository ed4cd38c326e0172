// Signing up and in, and a person's sessions.
import { z } from 'zod'
import { instant } from './list.ts'

export const MIN_PASSWORD_LENGTH = 10
export const MAX_PASSWORD_LENGTH = 128

export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email({ error: 'Enter an e-mail address such as ada@example.org.' }))
export const newPassword = z
  .string()
  .min(MIN_PASSWORD_LENGTH, { error: `Use at least ${MIN_PASSWORD_LENGTH} characters.` })
  .max(MAX_PASSWORD_LENGTH, { error: `Use at most ${MAX_PASSWORD_LENGTH} characters.` })

export const personName = z.string().trim().min(1, { error: 'Enter your name.' }).max(80)

export const signUp = z.object({
  name: personName,
  email,
  password: newPassword,
  /** Printed by the server at its first start; needed when the first account is made from elsewhere. */
  firstOwnerToken: z.string().trim().max(200).optional(),
  /** Of an invitation link: opens the door where sign-up is closed, and makes the account a member at once. */
  invitationToken: z.string().trim().max(200).optional(),
})
export type SignUp = z.infer<typeof signUp>

export const signIn = z.object({
  email,
  password: z.string().min(1, { error: 'Enter your password.' }).max(MAX_PASSWORD_LENGTH),
})
export type SignIn = z.infer<typeof signIn>

export const changePassword = z.object({
  currentPassword: z.string().min(1, { error: 'Enter your present password.' }).max(MAX_PASSWORD_LENGTH),
  newPassword,
  /** A changed password usually means that somebody else knew the old one. */
  revokeOtherSessions: z.boolean().default(true),
})
export const updateMe = z.object({ name: personName })

export const person = z.object({ id: z.string(), name: z.string(), email: z.string() })
export const signedIn = z.object({ user: person })
/** Null when nobody is signed in: not an error. */
export const currentSession = z.object({
  user: person.nullable(),
  session: z.object({ id: z.string(), expiresAt: instant }).nullable(),
})

export const session = z.object({
  id: z.string(),
  createdAt: instant,
  expiresAt: instant,
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  /** The one that asks. */
  current: z.boolean(),
})
export type Session = z.infer<typeof session>
export const revokeSession = z.object({ id: z.string().min(1).max(100) })
