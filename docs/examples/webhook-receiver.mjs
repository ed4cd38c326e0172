// A program that receives alerts of Mesher and believes nothing that is not signed. Needs Node 20 or newer, no package.
//   WEBHOOK_SECRET=whsec_… PORT=8080 node webhook-receiver.mjs
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const MAX_BODY_BYTES = 256 * 1024
const MAX_AGE_SECONDS = 5 * 60
const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64')
/** A delivery may come twice, after a crash in between. Keep these where they outlive your program. */
const seen = new Set()

/** @param body exactly as it came: parsing and writing it again changes it */
function isGenuine(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  if (!id || !timestamp || !signatures) return false
  // An old one may be somebody repeating what they overheard.
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < MAX_AGE_SECONDS)) return false
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
  return signatures.split(' ').some((signature) => {
    const [version, text = ''] = signature.split(',')
    const given = Buffer.from(text, 'base64')
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
  })
}

createServer(async (request, response) => {
  const chunks = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) return response.writeHead(413).end()
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end()
  const id = request.headers['webhook-id']
  if (!seen.has(id)) {
    seen.add(id)
    const { type, text, alert } = JSON.parse(body)
    console.log(type, text, alert?.url ?? '')
  }
  // Answer soon, work later: after ten seconds it counts as failed.
  response.writeHead(204).end()
}).listen(Number(process.env.PORT ?? 8080), () => console.log('ready'))
