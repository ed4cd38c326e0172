// GET /docs/api: the API to read.
import { randomBytes } from 'node:crypto'
import { defineEventHandler, setResponseHeader } from 'h3'
import { renderApiPage } from '#server/http/api-page.ts'
import type { EndpointDeclaration } from '#server/http/define-endpoint.ts'
import { describeApi } from '#server/http/describe-api.ts'

const endpoint: EndpointDeclaration = {
  access: 'public',
  status: 200,
  summary: 'This API, as a page to read (HTML)',
  tags: ['about'],
}

const handler = defineEventHandler(async (event) => {
  const nonce = randomBytes(16).toString('base64')
  setResponseHeader(event, 'content-type', 'text/html;charset=utf-8')
  setResponseHeader(
    event,
    'content-security-policy',
    `default-src 'none'; style-src 'nonce-${nonce}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  return renderApiPage(await describeApi(), nonce)
})

export default Object.assign(handler, { endpoint })
