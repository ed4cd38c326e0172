// Statements with optional conditions: collects values and hands out their placeholders, so that nothing from outside
// is ever pasted into the text.

export interface Binder {
  values: unknown[]
  /** Remembers the value and returns its placeholder, `$1`, `$2` … */
  bind: (value: unknown) => string
}

export function binder(): Binder {
  const values: unknown[] = []
  return { values, bind: (value) => `$${values.push(value)}` }
}
