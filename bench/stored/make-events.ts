// A month of a project's events, oldest first, skewed like life: few issues make most events (Zipf), every issue has at
// least one; days are busier than nights and weekends; one release every half day. Texts and stacks are those of the
// demo's problems; an issue is one of them with a function, and a word in its message, of its own.
// The same in every run but for the moment it ends.
import { createDraw } from '../../scripts/demo/draw.ts'
import { payloadOf } from '../../scripts/demo/make-events.ts'
import { inventPeople } from '../../scripts/demo/people.ts'
import type { Catalogue, Payload, Problem } from '../../scripts/demo/problem.ts'
import { shopApi } from '../../scripts/demo/shop-api.ts'
import { warehouse } from '../../scripts/demo/warehouse.ts'
import { webShop } from '../../scripts/demo/web-shop.ts'
import { eventId } from '../event-ids.ts'
import { mix32, randomFrom } from '../random.ts'

export interface StoredEvent {
  /** ms since the epoch */
  receivedAt: number
  payload: Payload
  /** The first of its issue. */
  opens: boolean
}
export interface StoredPlan {
  events: number
  issues: number
  /** ms since the epoch: when the month ends */
  now: number
  /** 16 hex digits, in every event id */
  run: string
}

export const STORED_DAYS = 30
export const USERS = 20_000
export const RELEASES = 60
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Events an hour relative to each other, by UTC hour; a weekend has so much of it. */
const HOURS = [2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 12, 10, 9, 9, 10, 12, 14, 15, 13, 9, 5]
const WEEKEND = 0.6
const SCENES_PER_PROBLEM = 8

const WORDS =
  `account address amount balance batch buffer cache cart catalog channel charge client config context count customer
  delivery discount error export filter format handler header index input invoice item key limit list lock map method
  offset option order page payment price product promise query queue record region release report response result retry
  route rule schema search session shipment source state stock store stream supplier table tax template timeout token
  total update user value version warehouse widget zone`.split(/\s+/)
const VERBS = 'apply build check close fetch load merge open parse read refresh send sort sync write'.split(
  ' ',
)
const BROWSERS = ['Chrome 141', 'Chrome 140', 'Safari 18.6', 'Firefox 143', 'Edge 141', 'Samsung Internet 28']
const SYSTEMS = ['Windows 11', 'Android 16', 'iOS 18.6', 'macOS 15.6', 'Linux']
const SERVERS = 24

const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1)

/** The n-th name of a function: no two are alike below a million. */
export function functionName(n: number): string {
  const first = VERBS[n % VERBS.length]!
  const rest = Math.floor(n / VERBS.length)
  const [second, third] = [
    WORDS[rest % WORDS.length]!,
    WORDS[Math.floor(rest / WORDS.length) % WORDS.length]!,
  ]
  const fourth = Math.floor(rest / WORDS.length ** 2)
  return first + capital(second) + capital(third) + (fourth > 0 ? capital(WORDS[fourth % WORDS.length]!) : '')
}

export function* makeStoredEvents({ events, issues, now, run }: StoredPlan): Generator<StoredEvent> {
  const random = randomFrom(events)
  const templates = makeTemplates(now)
  // So that their first events are spread over the month: a step that has no divisor in common with any such number.
  const step = 7_368_787
  const seen = new Uint8Array(issues)
  let single = 0
  let made = 0
  for (const { at, n } of hoursOf(events, now)) {
    const times = Array.from({ length: n }, () => at + Math.floor(random() * HOUR_MS)).sort((a, b) => a - b)
    for (const receivedAt of times) {
      const due = single < issues && random() < (issues - single) / (events - made)
      const issue = due ? (single++ * step) % issues : zipf(random(), issues)
      const of = { issue, receivedAt, now, id: eventId(run, made) }
      yield { receivedAt, opens: seen[issue] === 0, payload: payloadFor(templates, of, random) }
      seen[issue] = 1
      made++
    }
  }
}

/** Log-uniform: the n-th gets 1/n of what the first gets. */
const zipf = (unit: number, n: number): number => Math.min(n - 1, Math.floor((n + 1) ** unit) - 1)

/** So many events in each hour, all of them together. */
function hoursOf(events: number, now: number): { at: number; n: number }[] {
  const first = now - STORED_DAYS * DAY_MS
  const hours = Array.from({ length: STORED_DAYS * 24 }, (_, i) => first + i * HOUR_MS)
  const weights = hours.map((at) => {
    const date = new Date(at)
    return HOURS[date.getUTCHours()]! * (date.getUTCDay() % 6 === 0 ? WEEKEND : 1)
  })
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  let before = 0
  let done = 0
  return hours.map((at, i) => {
    before += weights[i]!
    const upTo = Math.round((events * before) / all)
    const n = upTo - done
    done = upTo
    return { at, n }
  })
}

function makeTemplates(now: number): Payload[][] {
  const people = inventPeople('bench')
  return [shopApi, webShop, warehouse]
    .flatMap((catalogue) => catalogue.problems.map((problem): [Catalogue, Problem] => [catalogue, problem]))
    .map(([catalogue, problem]) => {
      const draw = createDraw(`bench ${catalogue.project.slug} ${problem.name}`)
      return Array.from({ length: SCENES_PER_PROBLEM }, () => {
        const scene = { draw, at: now, now, environment: 'production', person: people.somebody(draw) }
        const { fingerprint: _, ...payload } = payloadOf(catalogue, problem, scene)
        return payload
      })
    })
}

interface Of {
  issue: number
  receivedAt: number
  now: number
  id: string
}

function payloadFor(
  templates: readonly Payload[][],
  { issue, receivedAt, now, id }: Of,
  random: () => number,
): Payload {
  const scenes = templates[issue % templates.length]!
  const scene = scenes[Math.floor(random() * scenes.length)]!
  const name = functionName(Math.floor(issue / templates.length))
  const user = Math.floor(USERS * random() ** 2)
  const release = Math.ceil(RELEASES * (1 - (now - receivedAt) / (STORED_DAYS * DAY_MS)))
  return {
    ...scene,
    ...named(scene, name),
    event_id: id,
    timestamp: (receivedAt - 200) / 1000,
    level: levelOf(issue) ?? scene.level,
    environment: pick(
      [
        ['production', 0.87],
        ['staging', 0.97],
        ['development', 1],
      ],
      random(),
    ),
    release: `shop@1.${release}.0`,
    user: { id: `u${user}`, email: `user${user}@example.com` },
    tags: {
      ...(scene.tags as Payload),
      browser: BROWSERS[Math.floor(BROWSERS.length * random() ** 2)],
      os: SYSTEMS[Math.floor(SYSTEMS.length * random() ** 2)],
      server: `web-${String(Math.floor(random() * SERVERS)).padStart(2, '0')}`,
    },
  }
}

const pick = <T>(upTo: readonly (readonly [T, number])[], unit: number): T =>
  upTo.find(([, share]) => unit < share)![0]

/** Undefined: as the problem has it, mostly an error. */
function levelOf(issue: number): string | undefined {
  const share = mix32(issue) / 2 ** 32
  return share < 0.12
    ? 'warning'
    : share < 0.16
      ? 'info'
      : share < 0.18
        ? 'fatal'
        : share < 0.19
          ? 'debug'
          : undefined
}

/** What makes an issue of its own: the function nearest to the crash, and a word of the message. */
function named(scene: Payload, name: string): Payload {
  const values = (scene.exception as { values: Payload[] } | undefined)?.values
  const thrown = values?.at(-1)
  if (!thrown) return { message: `${textOf(scene.message)} in ${name}`, logentry: undefined }
  const frames = (thrown.stacktrace as { frames: Payload[] } | undefined)?.frames
  const crash = frames?.findLastIndex((frame) => frame.in_app) ?? -1
  return {
    exception: {
      values: values!.with(-1, {
        ...thrown,
        value: `${String(thrown.value)} in ${name}`,
        ...(frames
          ? {
              stacktrace: {
                frames: crash < 0 ? frames : frames.with(crash, { ...frames[crash], function: name }),
              },
            }
          : {}),
      }),
    },
  }
}

const textOf = (message: unknown): string => (typeof message === 'string' ? message : 'Something happened')
