// How charts look, in one place: boxes, colours from the theme's CSS variables, axes without noise.
import { LEVELS } from '#shared/constants/levels'
import type { Level } from '#shared/constants/levels'

/** Room around the bars; the server's drawing uses the same. */
export const LEVEL_BARS_BOX = { left: 40, right: 4, top: 8, bottom: 24 } as const

export interface ChartTheme {
  levels: Record<Level, string>
  grid: string
  axis: string
  surface: string
  border: string
  text: string
}

/** The theme's colours as the element sees them now. */
export const readChartTheme = (element: Element): ChartTheme => {
  const style = getComputedStyle(element)
  // Canvas understands neither `var()` nor, in older browsers, `oklch()`: let the browser work the colour out.
  const probe = document.createElement('span')
  element.append(probe)
  const colour = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color || style.color
  }
  const theme: ChartTheme = {
    levels: Object.fromEntries(
      LEVELS.map((level) => [level, colour(`--level-${level}`)]),
    ) as ChartTheme['levels'],
    grid: colour('--chart-grid'),
    axis: colour('--chart-axis'),
    surface: colour('--ui-bg'),
    border: colour('--ui-border'),
    text: colour('--ui-text'),
  }
  probe.remove()
  return theme
}
