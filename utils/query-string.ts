// A query string from a payload as names and values; a broken escape stays as it was sent.

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

export function queryEntries(query: string): [string, string][] {
  return query
    .replace(/^\?/, '')
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]
    })
}

/** What the page shows as the query: the field of its own, else what stands in the address. */
export function queryOf(request: { url?: string; queryString?: string }): string {
  return request.queryString || request.url?.split('#', 1)[0]?.split('?').slice(1).join('?') || ''
}
