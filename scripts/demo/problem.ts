// What a catalogue (shop-api.ts, web-shop.ts, warehouse.ts) consists of: problems of a project. The catalogue says what
// an event of a problem looks like; when, how often and in which order they come is decided elsewhere.
import type { Draw } from './draw.ts'
import type { Person } from './people.ts'
import type { When } from './rhythm.ts'
import type { Frame } from './sources.ts'

/** An event as an SDK sends it. */
export type Payload = Record<string, unknown>

export interface Scene {
  draw: Draw
  /** ms since the epoch: this event, and the moment the demo is made. */
  at: number
  now: number
  environment: string
  person: Person
}

export interface Problem {
  /** Unique in its project, for people who read the catalogue. */
  name: string
  /** How often, relative to the others of all projects. */
  share: number
  when: When
  /** Where it shows; mostly production when absent. */
  environment?: string
  /** What became of it: in order of time, days ago. */
  history?: readonly { daysAgo: number; status: 'resolved' | 'archived' | 'unresolved' }[]
  event(scene: Scene): Payload
}

export interface Release {
  name: string
  /** When it reached production; staging has each a day earlier. */
  daysAgo: number
}

export interface Catalogue {
  project: { slug: string; name: string; platform: string }
  problems: readonly Problem[]
  /** What all events of the project have: where it ran, who asked. The problem's own fields win. */
  surroundings(scene: Scene): Payload
  /** Headers of the request, when there was one. */
  headers(scene: Scene): Record<string, string>
}

export interface ExceptionSpec {
  type: string
  value: string
  frames?: readonly Frame[]
  module?: string
  mechanism?: Record<string, unknown>
}

/** The cause first, what was thrown last, as SDKs send a chain. */
export function chain(...exceptions: ExceptionSpec[]): { values: Payload[] } {
  return {
    values: exceptions.map(({ type, value, frames, module, mechanism }, i) => ({
      type,
      value,
      ...(module ? { module } : {}),
      ...(frames ? { stacktrace: { frames } } : {}),
      mechanism: mechanism ?? {
        type: i === exceptions.length - 1 ? 'generic' : 'chained',
        handled: true,
        ...(exceptions.length > 1 ? { exception_id: exceptions.length - 1 - i } : {}),
        ...(i < exceptions.length - 1 ? { parent_id: exceptions.length - 2 - i, source: 'cause' } : {}),
      },
    })),
  }
}

export interface Step {
  /** Seconds before the error. */
  before: number
  type?: string
  category: string
  message?: string
  level?: string
  data?: Payload
}

/** Breadcrumbs, oldest first. */
export const steps = (at: number, list: readonly Step[]): Payload[] =>
  list
    .toSorted((a, b) => b.before - a.before)
    .map(({ before, ...crumb }) => ({ ...crumb, timestamp: at / 1000 - before }))

const STAGING_LEAD_DAYS = 1

/** The release that ran there then. */
export function releaseAt(
  releases: readonly Release[],
  { at, now, environment }: Pick<Scene, 'at' | 'now' | 'environment'>,
): string {
  const daysAgo = (now - at) / 86_400_000 - (environment === 'production' ? 0 : STAGING_LEAD_DAYS)
  return (releases.findLast((release) => release.daysAgo >= daysAgo) ?? releases[0]!).name
}
