// What browsers may do with our answers. Pages run only scripts that carry the nonce of this very answer (and what
// those load: 'strict-dynamic'), and take style sheets from ourselves or with that nonce; nothing comes from other
// hosts, nothing frames us. The nonce is put on the tags the framework writes into head and end of body, never on the
// rendered page itself: a script that got in there by way of somebody's data stays without one.
//
// What is no page (files, plain words, errors) may do nothing at all.
import { randomBytes } from 'node:crypto'
import { setResponseHeader, type H3Event } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { apiHeaders, EVERYWHERE, transportSecurity } from '#server/http/api-headers.ts'

const PAGES = {
  ...EVERYWHERE,
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), ' +
    'magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()',
}
/**
 * Runs before all others, for libraries that know nothing of such a policy. zod tries whether it may compile code unless
 * it is told not to. Style sheets that scripts make (icons that were not on the page before, drawers) get the nonce: who
 * could make one so runs already, and markup that comes out of data is not made so. One library looks for the nonce in
 * `content`, where a selector could read it; it finds the hidden one.
 */
const BEFORE_ALL = `(() => {
globalThis.__zod_globalConfig = { jitless: true }
const meta = document.querySelector('meta[property="csp-nonce"]'), { nonce } = meta, make = document.createElement
Object.defineProperty(meta, 'content', { get: () => nonce })
document.createElement = function (name, options) {
  const element = make.call(this, name, options)
  if (element.localName === 'style') element.nonce = nonce
  return element
}
})()`
/** Until a page says what it needs. */
const NOTHING = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" }

export default defineNitroPlugin((nitroApp) => {
  const api = apiHeaders()
  // Vite's own client writes scripts we cannot mark: in development pages have no policy.
  const pages = { ...PAGES, ...(import.meta.dev ? {} : NOTHING), ...transportSecurity() }
  nitroApp.hooks.hook('request', (event) => {
    const headers = event.path.startsWith('/api/') ? api : pages
    for (const [name, value] of Object.entries(headers)) setResponseHeader(event, name, value)
    if (!import.meta.dev && headers === pages) event.context.nonce = randomBytes(16).toString('base64')
  })
  nitroApp.hooks.hook('render:html', (html, { event }) => {
    if (import.meta.dev) return
    const nonce = event.context.nonce as string // made when the request came
    // Vite's loader reads the nonce for the preload links it makes from this tag.
    html.head = [
      `<meta property="csp-nonce" nonce="${nonce}">`,
      `<script nonce="${nonce}">${BEFORE_ALL}</script>`,
      ...html.head.map((tags) => mark(tags, nonce)),
    ]
    html.bodyAppend = html.bodyAppend.map((tags) => mark(tags, nonce))
    sendPolicy(event, nonce)
  })
  nitroApp.hooks.hook('render:response', (response) => {
    if (response.headers) delete response.headers['x-powered-by']
  })
  nitroApp.hooks.hook('beforeResponse', (event) => {
    if (event.node.res.headersSent) return
    event.node.res.removeHeader('x-powered-by')
    const type = event.node.res.getHeader('content-type')
    // Pages show one person's data: no shared cache may keep them.
    if (
      typeof type === 'string' &&
      type.startsWith('text/html') &&
      !event.node.res.hasHeader('cache-control')
    ) {
      setResponseHeader(event, 'cache-control', 'private, no-cache')
    }
  })
})

const mark = (tags: string, nonce: string): string =>
  tags.replace(/<(script|link|style)(?=[\s>])/g, (tag) => `${tag} nonce="${nonce}"`)

function sendPolicy(event: H3Event, nonce: string): void {
  setResponseHeader(
    event,
    'content-security-policy',
    [
      "default-src 'self'",
      `script-src 'nonce-${nonce}' 'strict-dynamic'`,
      `style-src 'self' 'nonce-${nonce}'`,
      // Components position themselves (menus, charts, bars) with style attributes, which no nonce can cover; a style
      // alone runs nothing, and it can load nothing from elsewhere under the other directives.
      "style-src-attr 'unsafe-inline'",
      "img-src 'self' data: blob:",
      "font-src 'self' data:",
      "connect-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-src 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  )
}
