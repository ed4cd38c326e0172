// How a number compares with the range before: "is it worse than yesterday?" in one word.

export interface Change {
  /** "+23%", "−50%", "×12", "new", "same". */
  text: string
  direction: 'up' | 'down' | 'same'
}

/** Beyond this a factor reads better than a percentage. */
const FACTOR_FROM = 10

export function formatChange(now: number, before: number): Change {
  if (now === before) return { text: 'same', direction: 'same' }
  if (before === 0) return { text: 'none before', direction: 'up' }
  const ratio = now / before
  if (ratio >= FACTOR_FROM) return { text: `×${Math.round(ratio)}`, direction: 'up' }
  const percent = Math.round((ratio - 1) * 100)
  if (percent === 0) return { text: ratio > 1 ? '+<1%' : '−<1%', direction: ratio > 1 ? 'up' : 'down' }
  return percent > 0
    ? { text: `+${percent}%`, direction: 'up' }
    : { text: `−${-percent}%`, direction: 'down' }
}
