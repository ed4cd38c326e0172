// Stands in for the built server where a test is about the launcher alone: ready after a moment, stops when asked, and
// can be told to fall.
import http from 'node:http'

const began = Date.now()
const { NITRO_PORT: port, NITRO_HOST: host, STUB_DEAF: deaf } = process.env

const server = http.createServer((request, response) => {
  if (request.url === '/die') process.exit(3)
  if (request.url === '/api/v1/system/ready') response.statusCode = Date.now() - began > 100 ? 200 : 503
  const { DATABASE_URL: databaseUrl, MESHER_SECRET: secret } = process.env
  response.end(JSON.stringify({ pid: process.pid, databaseUrl, secret }))
})
server.listen({ port, host }, () => console.log('Listening on http://stub'))
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    if (deaf) return
    console.log('drained')
    process.exit(0)
  })
}
