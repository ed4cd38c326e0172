// From the catalogues to a list of payloads in order of time: how many of which problem, when, to whom.
import { createDraw } from './draw.ts'
import { inventPeople } from './people.ts'
import type { Catalogue, Payload, Problem, Scene } from './problem.ts'
import { momentOf } from './rhythm.ts'

export interface DemoEvent {
  catalogue: Catalogue
  problem: Problem
  /** When it was received, ms since the epoch. */
  at: number
  payload: Payload & { event_id: string }
}

export interface MakeOptions {
  events: number
  seed: string
  /** ms since the epoch: the end of the fortnight. */
  now: number
}

const ENVIRONMENTS = [
  ['production', 87],
  ['staging', 10],
  ['development', 3],
] as const

export function makeEvents(catalogues: readonly Catalogue[], options: MakeOptions): DemoEvent[] {
  const people = inventPeople(options.seed)
  const shares = catalogues.flatMap(({ problems }) => problems.map(({ share }) => share))
  const perShare = options.events / shares.reduce((sum, share) => sum + share, 0)
  return catalogues
    .flatMap((catalogue) =>
      catalogue.problems.flatMap((problem) => {
        const draw = createDraw(`${options.seed} ${catalogue.project.slug} ${problem.name}`)
        const count = Math.max(1, Math.round(problem.share * perShare))
        return Array.from({ length: count }, (): DemoEvent => {
          const scene: Scene = {
            draw,
            at: momentOf(problem.when, options.now, draw),
            now: options.now,
            environment: problem.environment ?? draw.weighted(ENVIRONMENTS),
            person: people.somebody(draw),
          }
          return { catalogue, problem, at: scene.at, payload: payloadOf(catalogue, problem, scene) }
        })
      }),
    )
    .sort((a, b) => a.at - b.at)
}

/** What the wire would carry: plain JSON, nothing shared between events, nothing undefined. */
export function payloadOf(catalogue: Catalogue, problem: Problem, scene: Scene): DemoEvent['payload'] {
  const around = catalogue.surroundings(scene)
  const own = problem.event(scene)
  const together = (key: string) => ({ ...(around[key] as Payload), ...(own[key] as Payload) })
  const request = own.request && { ...(own.request as Payload), headers: catalogue.headers(scene) }
  return JSON.parse(
    JSON.stringify({
      ...around,
      ...own,
      event_id: scene.draw.hex(32),
      // It happened a moment before it was received.
      timestamp: (scene.at - scene.draw.whole(40, 900)) / 1000,
      tags: together('tags'),
      contexts: together('contexts'),
      extra: together('extra'),
      request,
    }),
  )
}
