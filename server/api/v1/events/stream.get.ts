// The ingest stream's address, asked in plain HTTP: it is there, and speaks WebSocket. The socket itself never comes
// here: server/main.ts hands upgrades to http/sockets/.
import { defineEventHandler, setResponseHeader } from 'h3'
import { DomainError } from '#server/domain/errors.ts'
import { credentialOf } from '#server/http/ingest-credential.ts'
import { sendProblem } from '#server/http/problem.ts'

const handler = defineEventHandler((event) => {
  try {
    if (credentialOf(event.node.req) === null) throw new DomainError('missing_key')
    setResponseHeader(event, 'upgrade', 'websocket')
    throw new DomainError('upgrade_required')
  } catch (error) {
    return sendProblem(event, error)
  }
})

export default Object.assign(handler, {
  ingest: { summary: 'Send events over a WebSocket that stays open', style: 'stream' as const },
})
