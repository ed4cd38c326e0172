// What axe finds on a page as it stands, once nothing on it moves any more: a colour that fades in has no contrast yet.
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/**
 * Nothing serious.
 * @param what names the page or its state in the report
 * @param rules these alone; all when absent
 */
export async function expectAccessible(page: Page, what?: string, rules?: string[]): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame)
    // What was just changed (a theme) is drawn, and moves, from the next frame on.
    await frame()
    await frame()
    await Promise.allSettled(
      document
        .getAnimations()
        .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime))
        .map(({ finished }) => finished),
    )
    await frame()
  })
  const axe = new AxeBuilder({ page })
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  // Softly: what is wrong with each page is told at once.
  expect
    .soft(
      serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`),
      what,
    )
    .toEqual([])
}
