// The one row all nodes of this installation share: the secret that signs sessions and cursors, and the token that
// lets the first owner sign up from elsewhere.
import { createHash, randomBytes } from 'node:crypto'
import pg from 'pg'

export interface Installation {
  secret: string
  /** Only while nobody owns the installation. Made anew at each start; the database keeps its hash. */
  firstOwnerToken: string | null
}

export async function readInstallation(
  connectionString: string,
  configuredSecret: string | undefined,
): Promise<Installation> {
  const client = new pg.Client({ connectionString, application_name: 'mesher launcher' })
  client.on('error', () => {})
  await client.connect()
  try {
    const made = randomBytes(32).toString('base64url')
    await client.query('INSERT INTO installation (id, secret) VALUES (1, $1) ON CONFLICT DO NOTHING', [made])
    const { rows } = await client.query<{ secret: string }>('SELECT secret FROM installation WHERE id = 1')
    return {
      secret: configuredSecret ?? rows[0]!.secret,
      firstOwnerToken: await renewFirstOwnerToken(client),
    }
  } finally {
    await client.end()
  }
}

async function renewFirstOwnerToken(client: pg.Client): Promise<string | null> {
  const token = randomBytes(24).toString('base64url')
  const { rowCount } = await client.query(
    'UPDATE installation SET first_owner_token_hash = $1 WHERE id = 1 AND owner_user_id IS NULL',
    [createHash('sha256').update(token).digest('hex')],
  )
  return rowCount ? token : null
}
