// Holds what Mesher shows of an event against what the client's program told. Comes back with sentences, one for each
// thing that differs; none means that all that is promised is there.
import type { Exception, NormalEvent } from '#shared/schemas/event.ts'
import type { Expected } from './expectation.ts'
import type { Shown } from './mesher.ts'
import type { Surroundings } from './story.ts'

/** @returns whether it is as told */
type Check = (what: string, shown: unknown, told: unknown) => boolean

/** Further from the time of receipt, and a time zone was misread somewhere. */
const CLOCK_MS = 5 * 60_000

export function compare(expected: Expected, { issue, event }: Shown): string[] {
  const { payload } = event
  const differences: string[] = []
  const check: Check = (what, shown, told) => {
    const [is, should] = [JSON.stringify(shown), JSON.stringify(told)]
    if (is !== should) differences.push(`${what} is ${is}, not ${should}`)
    return is === should
  }
  const thrown = expected.exceptions.at(-1)
  check('title', issue.title, thrown ? `${thrown.type}: ${thrown.value}` : expected.message)
  check('type', issue.type, thrown?.type ?? null)
  check('value', issue.value, thrown?.value ?? expected.message)
  check('level of the issue', issue.level, expected.level)
  check('level of the event', event.level, expected.level)
  check('environment', event.environment, expected.environment)
  check('release', event.release, expected.release)
  check('platform', payload.platform, expected.platform)
  check('version of the client', payload.sdk?.version, expected.sdkVersion)
  const apartMs = Date.parse(event.timestamp) - Date.parse(event.receivedAt)
  if (Math.abs(apartMs) > CLOCK_MS)
    differences.push(`time is ${event.timestamp}, received ${event.receivedAt}`)
  for (const [key, value] of Object.entries(expected.tags)) check(`tag ${key}`, event.tags[key], value)
  const { id, username, email } = payload.user ?? {}
  check('user', { id, username, email }, expected.user)
  if (expected.handled !== null) check('caught', wasCaught(payload.exceptions), expected.handled)
  compareExceptions(expected, payload, check)
  if (thrown?.calls) check('culprit', culpritOf(issue.culprit, payload), thrown.calls.at(-1))
  differences.push(
    ...missingBreadcrumbs(expected.breadcrumbs, payload).map((one) => `breadcrumb ${one} is missing`),
    ...payload.notes
      .filter(({ kind }) => kind !== 'scrubbed')
      .map(({ path, kind, message }) => `${path} was ${kind}: ${message}`),
    ...expected.hidden
      .filter((text) => JSON.stringify(event).includes(text))
      .map((text) => `${text} is shown`),
  )
  return differences
}

function compareExceptions(expected: Expected, payload: NormalEvent, check: Check): void {
  // Current JavaScript clients send a message as an exception without a type: where it was logged.
  const shown = payload.exceptions.filter(({ type }) => type !== undefined)
  const chain = (exceptions: { type?: string; value?: string }[]) =>
    exceptions.map(({ type, value }) => `${type}: ${value}`)
  if (!check('chain of causes', chain(shown), chain(expected.exceptions))) return
  shown.forEach((exception, index) => {
    const { type, calls } = expected.exceptions[index]!
    check(`in-app stack of ${type}`, inAppCalls(exception), calls)
  })
}

/** As the page says it of what was thrown, whichever of a chain the client wrote it on. */
const wasCaught = (exceptions: Exception[]): boolean => exceptions.at(-1)?.mechanism?.handled !== false

const inAppCalls = ({ stacktrace }: Exception): string[] | null =>
  stacktrace?.frames.filter((frame) => frame.inApp).map((frame) => bareName(frame.function)) ?? null

/** `Timeout.checkout [as _onTimeout]` → `checkout`; all ways of saying "no name" → `?`. */
function bareName(name = '?'): string {
  const last = name
    .replace(/ \[as .*$/, '')
    .split('.')
    .at(-1)!
  return last === '<anonymous>' ? '?' : last
}

/** The function of `file in function`; a transaction, where the client names one, is shown instead. */
function culpritOf(culprit: string | null, { transaction }: NormalEvent): string | null {
  if (culprit === null || culprit === transaction) return culprit
  return bareName(culprit.slice(culprit.indexOf(' in ') + ' in '.length))
}

/** Those that are not there after the one before them, with all they were told. */
function missingBreadcrumbs(told: Surroundings['breadcrumbs'], { breadcrumbs }: NormalEvent): string[] {
  let from = 0
  const missing: string[] = []
  for (const crumb of told) {
    const at = breadcrumbs.findIndex(
      (shown, index) =>
        index >= from &&
        Object.entries(crumb).every(
          ([key, value]) => JSON.stringify(shown[key as keyof typeof shown]) === JSON.stringify(value),
        ),
    )
    if (at < 0) missing.push(JSON.stringify(crumb.message))
    else from = at + 1
  }
  return missing
}
