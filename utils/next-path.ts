// Where to go after signing in: only a path of this site. `//host`, `/\host` and schemes would leave it.
export const safeNextPath = (next: unknown): string =>
  typeof next === 'string' && /^\/(?![/\\])/.test(next) && !/[\p{Cc}\\]/u.test(next) ? next : '/'
