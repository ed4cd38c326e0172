// The short code people say to each other: `WEB-4F` is project slug and issue id in base 36, so it needs no counter
// and no column. The way back to the id: server/domain/issues/short-id.ts.

export const shortIdOf = (slug: string, issueId: string): string =>
  `${slug.toUpperCase()}-${BigInt(issueId).toString(36).toUpperCase()}`
