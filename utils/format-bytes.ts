// Sizes in the units the documented limits use: 1 KiB is 1024 bytes.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** 900 → "900 B", 1536 → "1.5 KiB", 20971520 → "20 MiB". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '–'
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit > 0 && value < 10 ? 1 : 0
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit]}`
}
