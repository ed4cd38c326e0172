// The origins a key takes events from. Stored in the form of shared/schemas/origin.ts: `https://shop.example.org`, or
// `https://*.example.org` for every host below it (not for example.org itself).

export interface OriginList {
  /** 0: from everywhere. */
  readonly length: number
  /** Whether a browser's `Origin` header is one of them. */
  includes(origin: string): boolean
}

const WILDCARD = '://*.'

export function createOriginList(allowed: readonly string[]): OriginList {
  const exact = new Set(allowed.filter((origin) => !origin.includes(WILDCARD)))
  const families = allowed
    .filter((origin) => origin.includes(WILDCARD))
    .map((origin) => {
      const at = origin.indexOf(WILDCARD)
      return { start: origin.slice(0, at + 3), end: origin.slice(at + WILDCARD.length - 1) }
    })
  return {
    length: allowed.length,
    includes: (origin) =>
      exact.has(origin) ||
      families.some(
        ({ start, end }) =>
          origin.startsWith(start) && origin.endsWith(end) && origin.length > start.length + end.length,
      ),
  }
}
