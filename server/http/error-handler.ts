// What no door caught: wrong methods, addresses that cannot be decoded, faults of the framework. Under /api they leave
// as every other error does; pages have their own error page. Comes before the framework's handler (nuxt.config.ts).
import { send, setResponseHeader, setResponseStatus, type H3Error, type H3Event } from 'h3'
import { DomainError } from '#server/domain/errors.ts'
import { sendProblem } from './problem.ts'

export default async function handleError(error: H3Error, event: H3Event): Promise<void> {
  if (event.handled) return
  // A file of an older build: no page, and nobody to send to the sign-in.
  if (event.path.startsWith('/_nuxt/') && error.statusCode === 404) {
    setResponseStatus(event, 404)
    return send(event, 'Not found', 'text/plain')
  }
  if (!event.path.startsWith('/api/')) return
  setResponseHeader(event, 'content-type', 'application/json')
  await send(event, JSON.stringify(sendProblem(event, translate(error))))
}

function translate(error: H3Error): unknown {
  if (error.cause instanceof DomainError) return error.cause
  if (error.statusCode === 404) return new DomainError('not_found')
  if (error.statusCode === 405) return new DomainError('method_not_allowed')
  if (error.statusCode < 500 && !error.unhandled) return new DomainError('validation_failed')
  return error.cause ?? error
}
