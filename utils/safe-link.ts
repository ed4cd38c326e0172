// A link from a payload is followed only to the web: no javascript:, data:, file:, no credentials in it.

export function safeLink(text: string | null | undefined): string | null {
  if (!text || text.length > 2_000 || !/^https?:\/\//i.test(text)) return null
  try {
    const url = new URL(text)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return null
    return url.username || url.password ? null : url.href
  } catch {
    return null
  }
}
