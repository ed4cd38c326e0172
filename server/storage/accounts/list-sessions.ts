// A person's living sessions, newest first, without their tokens. Leans on session_user_id_idx.
import type { Db } from '../database.ts'

export interface SessionRow {
  id: string
  createdAt: Date
  expiresAt: Date
  ipAddress: string | null
  userAgent: string | null
}

export async function listSessions(db: Db, userId: string): Promise<SessionRow[]> {
  const { rows } = await db.query<SessionRow>(
    `SELECT id, created_at AS "createdAt", expires_at AS "expiresAt", ip_address AS "ipAddress",
            user_agent AS "userAgent"
       FROM session
      WHERE user_id = $1 AND expires_at > now()
      ORDER BY created_at DESC, id
      LIMIT 100`,
    [userId],
  )
  return rows
}
