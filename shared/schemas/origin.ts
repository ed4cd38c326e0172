// A web origin that may use a key: scheme and host, and a port where it is not the usual one. `https://*.example.org`
// stands for every host below example.org. Comes out in the form browsers send it: lower case, no slash at the end.
import { z } from 'zod'

export const MAX_ORIGINS = 50

export const origin = z
  .string()
  .trim()
  .max(255)
  .transform((text, context) => {
    const form = toOrigin(text)
    if (form) return form
    context.addIssue({ code: 'custom', message: problemWith(text) })
    return z.NEVER
  })

/** Without repetitions; empty: from everywhere. */
export const origins = z
  .array(origin)
  .max(MAX_ORIGINS, { error: `At most ${MAX_ORIGINS} origins.` })
  .transform((list) => [...new Set(list)])

/** A host name the URL parser leaves as it is, in the place of the star. */
const ANY = 'any-host'

function toOrigin(text: string): string | null {
  const family = /^https?:\/\/\*\./i.test(text)
  const url = parse(family ? text.replace('*', ANY) : text)
  if (!url || !/^https?:$/.test(url.protocol)) return null
  if (url.username || url.password || url.pathname !== '/' || url.search || url.hash) return null
  if (url.hostname.includes('*')) return null
  // `https://*.org` would be half of the web.
  if (family && url.hostname.split('.').filter(Boolean).length < 3) return null
  return family ? url.origin.replace(ANY, '*') : url.origin
}

function parse(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

function problemWith(text: string): string {
  const shown = `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`
  const url = parse(text.replace('*', ANY))
  if (!url || !/^https?:$/.test(url.protocol))
    return `${shown} is not an origin. Write it like https://shop.example.org.`
  if (text.includes('*'))
    return `${shown}: a star stands for everything before a domain, like https://*.example.org.`
  return `${shown}: an origin ends with the host or the port, like ${url.origin}.`
}
