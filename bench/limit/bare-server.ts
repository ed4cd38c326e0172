// The machine's first limit: an HTTP server that reads a body and answers 202, and does nothing with it.
import http from 'node:http'

const server = http.createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    response.writeHead(202, { 'content-type': 'application/json' })
    response.end('{"id":"00000000000000000000000000000000"}')
  })
})
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send!('listening'))
process.on('disconnect', () => process.exit())
