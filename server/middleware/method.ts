// A wrong method at a right address is said here: the framework would fall through to the pages, render one, and
// perhaps send the caller to the sign-in.
import { defineEventHandler, setResponseHeader } from 'h3'
import { DomainError } from '#server/domain/errors.ts'
import { methodsAt } from '#server/http/list-doors.ts'
import { sendProblem } from '#server/http/problem.ts'

export default defineEventHandler((event) => {
  if (!event.path.startsWith('/api/')) return
  const methods = methodsAt(event.path)
  if (!methods || methods.includes(event.method)) return
  setResponseHeader(event, 'allow', methods.join(', '))
  return sendProblem(event, new DomainError('method_not_allowed'))
})
