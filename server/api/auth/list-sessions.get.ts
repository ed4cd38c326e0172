// GET /api/auth/list-sessions: where this person is signed in.
import { z } from 'zod'
import { sessionsOf } from '#server/domain/accounts/session.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { session } from '#shared/schemas/account.ts'

export default defineEndpoint({
  access: 'session',
  response: z.object({ data: z.array(session) }),
  summary: 'The sessions of the signed-in person',
  tags: ['accounts'],
  handler: async ({ actor }) => {
    const sessions = await sessionsOf(actor.userId)
    return {
      data: sessions.map(({ createdAt, expiresAt, ...rest }) => ({
        ...rest,
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        current: rest.id === actor.sessionId,
      })),
    }
  },
})
