// Numbers as people read them: short in tight places, exact where there is room or on hover.
// One fixed locale, so that the server and every browser write the same characters.

const exact = new Intl.NumberFormat('en-US')

/** 1234567 → "1,234,567". */
export const formatExact = (count: number): string => exact.format(count)

/** 950 → "950", 1234 → "1.2k", 12345 → "12k", 1234567 → "1.2M". Cuts, never rounds up: 999,999 is not 1M. */
export function formatCount(count: number): string {
  const size = Math.abs(count)
  if (!Number.isFinite(count)) return '–'
  if (size < 1_000) return String(Math.trunc(count))
  const [unit, suffix] = size < 1e6 ? [1e3, 'k'] : size < 1e9 ? [1e6, 'M'] : ([1e9, 'B'] as const)
  const units = size / unit
  const cut = units < 10 ? Math.trunc(units * 10) / 10 : Math.trunc(units)
  return `${count < 0 ? '−' : ''}${cut}${suffix}`
}

/** A share as people read it: 0 → "0%", 0.004 → "<1%", 0.999 → ">99%". */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '0%'
  if (part >= whole) return '100%'
  const percent = (part / whole) * 100
  if (percent < 1) return '<1%'
  if (percent > 99) return '>99%'
  return `${Math.round(percent)}%`
}

/** "1 event", "1.2k events". */
export const formatPlural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`
