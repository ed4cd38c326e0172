// How much is stored when reading is measured.
export interface ReadScenario {
  name: string
  events: number
  issues: number
  /** Times the usual length: so many routes take their turns. */
  longer: number
  /** Aims are for a million; ten times that may take so many times as long. */
  aimTimes: number
  /** Only when it is asked for by its name. */
  onRequest?: true
}

const MOST_ISSUES = 200_000
/** Each issue needs an event, and a few need most of them. */
const sized = (name: string, events: number): ReadScenario => ({
  name: `read.${name}`,
  events,
  issues: Math.min(MOST_ISSUES, events / 5),
  longer: 6,
  aimTimes: 1,
})

export const READ_SCENARIOS: readonly ReadScenario[] = [
  sized('10k', 10_000),
  sized('100k', 100_000),
  sized('1m', 1_000_000),
  { ...sized('10m', 10_000_000), aimTimes: 2, onRequest: true },
]
