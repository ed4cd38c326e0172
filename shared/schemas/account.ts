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

export const signUp = z.object({
  name: z.string().trim().min(1, { error: 'Enter your name.' }).max(80),
  email,
  password: newPassword,
  /** Printed by the server at its first start; needed when the first account is made from elsewhere. */
  firstOwnerToken: z.string().trim().max(200).optional(),
})
export type SignUp = z.infer<typeof signUp>

export const signIn = z.object({
  email,
  password: z.string().min(1, { error: 'Enter your password.' }).max(MAX_PASSWORD_LENGTH),
})
export type SignIn = z.infer<typeof signIn>

/** Every other session ends with it. */
export const changePassword = z.object({
  currentPassword: z.string().min(1).max(MAX_PASSWORD_LENGTH),
  newPassword,
})

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
export const revokeSession = z.object({ id: z.string().min(1).max(100) })
