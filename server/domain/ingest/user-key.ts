// One stable text per affected user, the best identity the event gives; it is hashed with a salt before it is stored.
import type { NormalEvent } from '#shared/schemas/event.ts'

export function userKey(event: NormalEvent): string | undefined {
  const user = event.user
  if (user === undefined) return undefined
  if (user.id !== undefined) return `id:${user.id}`
  if (user.email !== undefined) return `email:${user.email.toLowerCase()}`
  if (user.username !== undefined) return `username:${user.username}`
  return user.ipAddress === undefined ? undefined : `ip:${user.ipAddress}`
}
