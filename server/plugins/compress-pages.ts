// Pages leave compressed where the browser takes that: a list of issues is 170 KiB of markup, and a tenth of it in gzip.
// Assets were compressed once, at the build (nuxt.config.ts); answers of the API are small. What a page holds of its
// reader (a name, counts, keys that are public) is no secret that sizes could betray; secrets are shown by the API alone.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { appendResponseHeader, getRequestHeader, setResponseHeader } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { takesGzip } from '#server/http/takes-gzip.ts'

const compress = promisify(gzip)
/** Below this it saves no packet. */
const LEAST_CHARACTERS = 1_400
/** Pages are made anew each time: most of the gain for little of the time. */
const LEVEL = 4
/** The framework asks itself for the page of an error, and sends on the text of the answer. */
const OF_ERRORS = '/__nuxt_error'

export default defineNitroPlugin((nitroApp) => {
  nitroApp.hooks.hook('render:response', async (response, { event }) => {
    const { body } = response
    if (typeof body !== 'string' || body.length < LEAST_CHARACTERS) return
    if (event.path.startsWith(OF_ERRORS)) return
    appendResponseHeader(event, 'vary', 'accept-encoding')
    if (!takesGzip(getRequestHeader(event, 'accept-encoding'))) return
    response.body = await compress(body, { level: LEVEL })
    setResponseHeader(event, 'content-encoding', 'gzip')
  })
})
