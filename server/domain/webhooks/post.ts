// One POST to an address that somebody else chose. The name is resolved here, every address it has is judged, and the
// connection goes to those and no others: what the name server says a moment later does not matter. Redirects are not
// followed, an answer is read as far as it is shown, and ten seconds are enough for all of it.
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { isPublic, mayConnect } from './address.ts'
import type { ResolveHost } from './resolve-host.ts'

export type Posted =
  | { answered: true; statusCode: number; retryAfter: string | null; answer: string | null }
  /** `blocked`: it must not go there, now or later. `stopped`: by ourselves. */
  | { answered: false; why: 'blocked' | 'unreachable' | 'timeout' | 'stopped'; error: string }

export interface PostRequest {
  url: string
  headers: Record<string, string>
  body: string
}
export interface PostDeps {
  resolve: ResolveHost
  allowPrivate: boolean
  timeoutMs: number
  /** The node stops. */
  signal: AbortSignal
}

/** Enough for what targets say about a mistake. */
const ANSWER_BYTES = 4_096
const MAX_HEADER_BYTES = 16_384

export async function post(request: PostRequest, deps: PostDeps): Promise<Posted> {
  const timeout = AbortSignal.timeout(deps.timeoutMs)
  const signal = AbortSignal.any([timeout, deps.signal])
  try {
    const url = new URL(request.url)
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const addresses = await orAborted(deps.resolve(host), signal)
    // One that is refused spoils them all: which is connected to is decided by who answers first.
    if (addresses.length === 0 || !addresses.every((address) => mayConnect(address, deps)))
      return { answered: false, why: 'blocked', error: BLOCKED }
    return await send(url, request, { addresses, signal })
  } catch (error) {
    if (deps.signal.aborted) return { answered: false, why: 'stopped', error: 'The server was stopped' }
    if (timeout.aborted)
      return { answered: false, why: 'timeout', error: `No answer within ${deps.timeoutMs / 1_000} s` }
    return { answered: false, why: 'unreachable', error: wordsFor(error) }
  }
}

const BLOCKED = 'The address is not on the internet: private networks are closed to webhooks'

/** Asking a name server cannot be taken back, only not waited for. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function send(
  url: URL,
  { headers, body }: PostRequest,
  { addresses, signal }: { addresses: readonly string[]; signal: AbortSignal },
): Promise<Posted> {
  const bytes = Buffer.from(body)
  const pinned: LookupFunction = (_, options, done) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }))
    if (options.all) done(null, all)
    else done(null, all[0]!.address, all[0]!.family) // there is one, above
  }
  return new Promise((resolve, reject) => {
    let status: number | undefined
    const { request } = url.protocol === 'https:' ? https : http
    const sent = request(
      url,
      {
        method: 'POST',
        // Nothing is kept open or taken over: each connection is to an address judged just now.
        agent: false,
        lookup: pinned,
        signal,
        maxHeaderSize: MAX_HEADER_BYTES,
        headers: { ...headers, 'content-length': bytes.length, connection: 'close' },
      },
      (response) => {
        const { statusCode = 0 } = response // a response of a client has one
        status = statusCode
        // Of an address that is not public nothing is shown: it would be a way to read there.
        const isShown = isPublic(response.socket.remoteAddress ?? '')
        const answered = (answer: string | null) => {
          const retryAfter = response.headers['retry-after'] ?? null
          resolve({ answered: true, statusCode, retryAfter, answer })
        }
        // The status is the answer: what is wrong with the rest does not take it back.
        const read = readStart(response).catch(() => '')
        if (statusCode >= 200 && statusCode < 300) answered(null)
        else void read.then((text) => answered(isShown && text ? text : null))
      },
    )
    sent.on('error', (error) => status === undefined && reject(error))
    sent.end(bytes)
  })
}

/** Its beginning; the rest is not waited for. */
async function readStart(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= ANSWER_BYTES) break // leaves and destroys the stream
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString()
}

/** In a few words, and never with the address: it may be a secret. */
function wordsFor(error: unknown): string {
  const { code, errors } = error as { code?: string; errors?: { code?: string }[] }
  const known = code ?? errors?.[0]?.code ?? ''
  const words: Record<string, string> = {
    ECONNREFUSED: 'The connection was refused',
    ECONNRESET: 'The connection was cut before an answer came',
    EHOSTUNREACH: 'The host cannot be reached',
    ENETUNREACH: 'The network cannot be reached',
    ETIMEDOUT: 'The connection timed out',
    ENOTFOUND: 'There is no such host',
    ENODATA: 'There is no such host',
    EAI_AGAIN: 'The name server does not answer',
    ETIMEOUT: 'The name server does not answer',
    HPE_HEADER_OVERFLOW: 'The headers of the answer are too large',
  }
  if (words[known]) return words[known]
  if (/CERT|SELF_SIGNED|ISSUER|TLS|SSL/.test(known)) return `The certificate is not accepted (${known})`
  if (known.startsWith('HPE_')) return 'The answer is no HTTP'
  return known ? `The request failed (${known})` : 'The request failed'
}
