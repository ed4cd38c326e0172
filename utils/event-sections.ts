// Which sections an event has, in the order one reads an error. A section with nothing to say is not there.
import type { NormalEvent } from '#shared/schemas/event'

/**
 * A logged message whose SDK sent along where it was logged: a stack in the shape of an exception without a type. To be
 * read as a message with a stack, not as an exception.
 */
export const isLoggedMessage = (event: NormalEvent): boolean =>
  Boolean(event.message) &&
  event.exceptions.length > 0 &&
  event.exceptions.every(({ type, mechanism }) => type === undefined && mechanism?.synthetic === true)

export interface EventSectionLink {
  id: string
  title: string
}

const SECTIONS: readonly [id: string, title: string, says: (event: NormalEvent) => boolean][] = [
  ['message', 'Message', (event) => Boolean(event.message) && !repeatsException(event)],
  ['exception', 'Exception', (event) => event.exceptions.length > 0],
  ['threads', 'Threads', (event) => Boolean(event.threads?.length)],
  ['breadcrumbs', 'Breadcrumbs', (event) => event.breadcrumbs.length > 0],
  ['tags', 'Tags', (event) => event.tags.length > 0],
  ['user', 'User', (event) => hasValues(event.user)],
  ['request', 'Request', (event) => hasValues(event.request)],
  ['contexts', 'Contexts', (event) => Object.values(event.contexts).some(hasValues)],
  ['extra', 'Additional data', (event) => hasValues(event.extra)],
  ['modules', 'Packages', (event) => hasValues(event.modules)],
  ['notes', 'Changed on arrival', (event) => event.notes.length > 0],
  ['raw', 'Raw JSON', () => true],
]

const hasValues = (value: object | undefined): boolean =>
  Object.values(value ?? {}).some((one) => one !== undefined)

/** Some SDKs send the exception's text once more as the message. */
function repeatsException(event: NormalEvent): boolean {
  const thrown = event.exceptions.at(-1)
  if (!thrown || isLoggedMessage(event)) return false
  const text = event.message?.trim()
  return text === thrown.value?.trim() || text === `${thrown.type}: ${thrown.value}`.trim()
}

export const eventSections = (event: NormalEvent): EventSectionLink[] =>
  SECTIONS.filter(([, , says]) => says(event)).map(([id, title]) => ({
    id,
    title: id === 'exception' && isLoggedMessage(event) ? 'Stack' : title,
  }))
