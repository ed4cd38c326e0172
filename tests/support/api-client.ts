// Somebody who talks to the API as a browser would: keeps cookies, sends Origin and JSON with what changes something.
//   const ada = new ApiClient(server.url)
//   await ada.signUp('Ada')
//   const { status, body } = await ada.post('/api/v1/orgs', { name: 'Acme' })
import { randomBytes } from 'node:crypto'
import type pg from 'pg'

export interface Answer {
  status: number
  // What tests look into; a schema per answer would test the schemas with themselves.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any answer; each test asserts the fields it reads
  body: any
  headers: Headers
}

export interface Ask {
  body?: unknown
  /** Sent as it is, instead of `body`. */
  raw?: string | Uint8Array<ArrayBuffer>
  /** Null leaves a header out that would be sent otherwise. */
  headers?: Record<string, string | null>
}

export const PASSWORD = 'correct horse battery'

export class ApiClient {
  readonly url: string
  cookies = new Map<string, string>()
  userId = ''
  email = ''

  constructor(url: string) {
    this.url = url
  }

  get = (path: string, ask?: Ask) => this.request('GET', path, ask)
  post = (path: string, body: unknown = {}, ask?: Ask) => this.request('POST', path, { body, ...ask })
  patch = (path: string, body: unknown = {}, ask?: Ask) => this.request('PATCH', path, { body, ...ask })

  async request(method: string, path: string, { body, raw, headers = {} }: Ask = {}): Promise<Answer> {
    const safe = method === 'GET' || method === 'HEAD'
    const sent: Record<string, string | null> = {
      ...(safe ? {} : { origin: this.url, 'content-type': 'application/json' }),
      ...(this.cookies.size ? { cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ') } : {}),
      ...headers,
    }
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: Object.fromEntries(
        Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== null),
      ),
      ...(raw !== undefined
        ? { body: raw }
        : body !== undefined && !safe
          ? { body: JSON.stringify(body) }
          : {}),
    })
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie)
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      body: isJson && text ? JSON.parse(text) : text,
      headers: response.headers,
    }
  }

  /** A new person; needs an installation without an owner, or open sign-up. */
  async signUp(name: string, headers?: Record<string, string>): Promise<this> {
    this.email = `${name.toLowerCase()}-${randomBytes(4).toString('hex')}@example.org`
    const { status, body } = await this.post(
      '/api/auth/sign-up/email',
      { name, email: this.email, password: PASSWORD },
      { headers },
    )
    if (status !== 200) throw new Error(`sign-up answered ${status}: ${JSON.stringify(body)}`)
    this.userId = body.user.id
    return this
  }

  #keep(cookie: string): void {
    const [pair = ''] = cookie.split(';')
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(name.length + 1)
    if (value === '' || /max-age=0\b/i.test(cookie)) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}

/** Until there are invitations: membership straight into the table. */
export async function addMember(
  pool: pg.Pool,
  { org, userId, role }: { org: string; userId: string; role: 'member' | 'admin' | 'owner' },
): Promise<void> {
  await pool.query(
    `INSERT INTO member (organization_id, user_id, role) SELECT id, $2, $3 FROM organization WHERE slug = $1`,
    [org, userId, role],
  )
}
