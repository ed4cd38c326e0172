// Somebody who reads the API as a signed-in page does: one connection, one request after the other, each timed from its
// first byte out to its last byte in.
import http from 'node:http'

export interface Answer {
  status: number
  body: Buffer
  ms: number
}

export class Reader {
  readonly #port: number
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  #cookie = ''

  constructor(port: number) {
    this.#port = port
  }

  /** Makes the account that owns the installation; signs in where it is there already. @returns its id */
  async signIn(person: { name: string; email: string; password: string }): Promise<string> {
    const made = await this.#enter('/api/auth/sign-up/email', person)
    const { email, password } = person
    const response = made.ok ? made : await this.#enter('/api/auth/sign-in/email', { email, password })
    const text = await response.text()
    if (!response.ok) throw new Error(`Signing in answered ${response.status}: ${text}`)
    this.#cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    return (JSON.parse(text) as { user: { id: string } }).user.id
  }

  #enter(path: string, body: Record<string, string>): Promise<Response> {
    const origin = `http://127.0.0.1:${this.#port}`
    return fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify(body),
    })
  }

  get(path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const began = performance.now()
      const request = http.get(
        { host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers: { cookie: this.#cookie } },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () =>
            resolve({
              status: response.statusCode!,
              body: Buffer.concat(chunks),
              ms: performance.now() - began,
            }),
          )
        },
      )
      request.on('error', reject)
    })
  }

  /** Throws unless it is a success. */
  async json<T>(path: string): Promise<T> {
    const { status, body } = await this.get(path)
    if (status !== 200) throw new Error(`${path} answered ${status}: ${body.toString('utf8', 0, 500)}`)
    return JSON.parse(body.toString('utf8')) as T
  }

  close(): void {
    this.#agent.destroy()
  }
}
