// What a look at one thing answers. `warn` works now and may not later, or not as well as it could; `bad` is to be put
// right. Both say what to do.

export interface Finding {
  check: string
  state: 'ok' | 'warn' | 'bad'
  /** What was seen. */
  says: string
  /** What to do about it. */
  advice?: string
}

export const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says })
export const warn = (check: string, says: string, advice: string): Finding => ({
  check,
  state: 'warn',
  says,
  advice,
})
export const bad = (check: string, says: string, advice: string): Finding => ({
  check,
  state: 'bad',
  says,
  advice,
})

export const gibibytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`
