// A person with a session, as a browser has it: sign-up through the real door, then requests with the cookie.
export interface Session {
  cookie: string
  email: string
  /** Body of the answer; throws unless 2xx. */
  get(path: string): Promise<unknown>
  post(path: string, body: unknown): Promise<unknown>
  /** The answer as it is. */
  request(method: string, path: string, body?: unknown): Promise<Response>
}

let serial = 0

/** Signs up a new person; the first one at a server owns its installation. */
export async function signUp(url: string, options: { email?: string; name?: string } = {}): Promise<Session> {
  const email = options.email ?? `person-${++serial}@example.org`
  const response = await fetch(`${url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ name: options.name ?? 'Test Person', email, password: 'correct horse battery' }),
  })
  if (!response.ok) throw new Error(`Sign-up answered ${response.status}: ${await response.text()}`)
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  return sessionOf(url, email, cookie)
}

function sessionOf(url: string, email: string, cookie: string): Session {
  const request = (method: string, path: string, body?: unknown) =>
    fetch(`${url}${path}`, {
      method,
      headers: { cookie, origin: url, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  const checked = async (answer: Promise<Response>) => {
    const response = await answer
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`)
    return text ? JSON.parse(text) : undefined
  }
  return {
    cookie,
    email,
    request,
    get: (path) => checked(request('GET', path)),
    post: (path, body) => checked(request('POST', path, body)),
  }
}
