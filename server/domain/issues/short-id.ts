// From the short code of an issue (shared/short-id.ts) back to its id.
export { shortIdOf } from '#shared/short-id.ts'

export interface ProjectRef {
  id: number
  slug: string
}

/** The id that an address means, by id or short code of this project; null when it can be neither. */
export const issueIdOf = (slug: string, reference: string): string | null =>
  /^\d{1,18}$/.test(reference) ? reference : fromShortId(slug, reference)

function fromShortId(slug: string, shortId: string): string | null {
  const prefix = `${slug}-`
  const lower = shortId.toLowerCase()
  const code = lower.startsWith(prefix) ? lower.slice(prefix.length) : ''
  // 11 digits in base 36 stay below PostgreSQL's largest bigint.
  if (!/^[0-9a-z]{1,11}$/.test(code)) return null
  return [...code].reduce((id, digit) => id * 36n + BigInt(Number.parseInt(digit, 36)), 0n).toString()
}
