// The live socket's address, asked in plain HTTP: it is there, and speaks WebSocket. The socket itself never comes here:
// server/main.ts hands upgrades to http/sockets/.
import { defineEventHandler, setResponseHeader } from 'h3'
import { DomainError } from '#server/domain/errors.ts'
import { authenticate } from '#server/http/authenticate.ts'
import { sendProblem } from '#server/http/problem.ts'

const handler = defineEventHandler(async (event) => {
  try {
    if (!(await authenticate(event))) throw new DomainError('unauthenticated')
    setResponseHeader(event, 'upgrade', 'websocket')
    throw new DomainError('upgrade_required')
  } catch (error) {
    return sendProblem(event, error)
  }
})

export default Object.assign(handler, {
  live: { summary: 'Hear of events, issues and alerts over a WebSocket, as they happen' },
})
