// How charts look, in one place: boxes, colours from the theme's CSS variables, axes without noise.
import { LEVELS } from '#shared/constants/levels'

/** Room around the bars; the server's drawing uses the same. */
export const BARS_BOX = { left: 40, right: 4, top: 8, bottom: 24 } as const

/** Counts per bucket, as the API's statistics give them; `counts` follows the order of the series. */
export interface StackedCounts {
  interval: '1m' | '15m' | '1h' | '1d'
  buckets: readonly { start: string; counts: readonly number[]; total: number }[]
}

/** One colour of a stack. */
export interface BarSeries {
  name: string
  /** A CSS variable of the theme, e.g. `--level-error`. */
  colour: string
  /** Told apart by lines across it too, for eyes to which the colours are alike. */
  hatched?: boolean
}

export const LEVEL_SERIES: readonly BarSeries[] = LEVELS.map((level) => ({
  name: level,
  colour: `--level-${level}`,
}))

/** The lines of a hatched bar in CSS; the canvas has its own pattern. */
export const HATCH = 'repeating-linear-gradient(135deg, transparent 0 2px, var(--chart-hatch) 2px 3.5px)'

/** What a series looks like outside of the canvas: legends, tooltips, the server's bars. */
export const swatchOf = ({ colour, hatched }: BarSeries): string =>
  hatched ? `${HATCH}, var(${colour})` : `var(${colour})`

export interface ChartTheme {
  series: string[]
  hatch: string
  grid: string
  axis: string
  surface: string
  border: string
  text: string
}

/** The theme's colours as the element sees them now, those of the series first. */
export const readChartTheme = (element: Element, series: readonly BarSeries[]): ChartTheme => {
  const style = getComputedStyle(element)
  // Canvas understands neither `var()` nor, in older browsers, `oklch()`: let the browser work the colour out. A probe
  // for each: where everything has a transition (less motion is wanted), one that changes still says its old colour.
  const colour = (name: string) => {
    const probe = document.createElement('span')
    probe.style.color = `var(${name})`
    element.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color || style.color
  }
  const theme: ChartTheme = {
    series: series.map((one) => colour(one.colour)),
    hatch: colour('--chart-hatch'),
    grid: colour('--chart-grid'),
    axis: colour('--chart-axis'),
    surface: colour('--ui-bg'),
    border: colour('--ui-border'),
    text: colour('--ui-text'),
  }
  return theme
}
