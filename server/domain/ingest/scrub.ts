// Secrets out of an event, before it is spooled, titled, indexed or logged. Two rules: the value of a key that names a
// secret is replaced whole; every other text is searched for secrets that show by their form (scrub-text.ts). Each
// place is noted. Works in place and returns the same event.
import type { EventRequest, Frame, Json, NormalEvent } from '#shared/schemas/event.ts'
import { dropAddresses } from './drop-addresses.ts'
import type { JsonObject } from './json-values.ts'
import { setOwn } from './json-values.ts'
import { Notes } from './notes.ts'
import { scrubCode, scrubText } from './scrub-text.ts'
import { FILTERED, closesPem, isCardNumber, opensPem } from './secret-forms.ts'
import { SensitiveKeys } from './sensitive-keys.ts'

export interface ScrubSettings {
  enabled: boolean
  /** Keys of the project's own choosing that are as secret as a password. */
  extraFields: readonly string[]
  /** Keys that are never a secret's, whatever they sound like. */
  safeFields?: readonly string[]
  dropIpAddresses: boolean
}

export function scrub(event: NormalEvent, settings: ScrubSettings): NormalEvent {
  if (settings.dropIpAddresses) dropAddresses(event)
  if (settings.enabled) new Scrubber(event, keysFor(settings)).run()
  return event
}

const DEFAULT_KEYS = new SensitiveKeys()
const KEYS_OF = new WeakMap<ScrubSettings, SensitiveKeys>()

function keysFor(settings: ScrubSettings): SensitiveKeys {
  if (settings.extraFields.length === 0 && !settings.safeFields?.length) return DEFAULT_KEYS
  let keys = KEYS_OF.get(settings)
  if (!keys) KEYS_OF.set(settings, (keys = new SensitiveKeys(settings.extraFields, settings.safeFields)))
  return keys
}

class Scrubber {
  readonly #event: NormalEvent
  readonly #keys: SensitiveKeys
  readonly #notes: Notes

  constructor(event: NormalEvent, keys: SensitiveKeys) {
    this.#event = event
    this.#keys = keys
    this.#notes = new Notes(event.notes)
  }

  run(): void {
    const event = this.#event
    this.#field(event, 'message', 'message')
    this.#field(event, 'messageTemplate', 'message')
    this.#field(event, 'transaction', 'transaction')
    this.#exceptions()
    event.threads?.forEach((thread, i) =>
      this.#frames(thread.stacktrace?.frames, `threads.values[${i}].stacktrace`),
    )
    this.#breadcrumbs()
    this.#pairs(event.tags, 'tags')
    this.#user()
    if (event.request) this.#request(event.request)
    for (const key of Object.keys(event.contexts)) this.#context(key)
    this.#object(event.extra, 'extra')
  }

  #exceptions(): void {
    const exceptions = this.#event.exceptions
    for (let i = 0; i < exceptions.length; i++) {
      const exception = exceptions[i]!
      const path = `exception.values[${i}]`
      this.#field(exception, 'value', path)
      this.#field(exception, 'type', path)
      if (exception.mechanism?.data) this.#object(exception.mechanism.data, `${path}.mechanism.data`)
      this.#frames(exception.stacktrace?.frames, `${path}.stacktrace`)
    }
  }

  #frames(frames: Frame[] | undefined, path: string): void {
    if (!frames) return
    for (let i = 0; i < frames.length; i++) {
      const frame = frames[i]!
      // Names of files and functions hold a secret only as part of an address with a query.
      if (frame.filename?.includes('?')) this.#field(frame, 'filename', `${path}.frames[${i}]`)
      if (frame.absPath?.includes('?')) this.#field(frame, 'absPath', `${path}.frames[${i}]`)
      this.#field(frame, 'contextLine', `${path}.frames[${i}]`, true)
      if (frame.preContext) this.#lines(frame.preContext, `${path}.frames[${i}].pre_context`)
      if (frame.postContext) this.#lines(frame.postContext, `${path}.frames[${i}].post_context`)
      if (frame.vars) this.#object(frame.vars, `${path}.frames[${i}].vars`)
    }
  }

  #breadcrumbs(): void {
    const breadcrumbs = this.#event.breadcrumbs
    for (let i = 0; i < breadcrumbs.length; i++) {
      const breadcrumb = breadcrumbs[i]!
      this.#field(breadcrumb, 'message', `breadcrumbs.values[${i}]`)
      if (breadcrumb.data) this.#object(breadcrumb.data, `breadcrumbs.values[${i}].data`)
    }
  }

  #user(): void {
    const user = this.#event.user
    if (!user) return
    this.#field(user, 'id', 'user')
    this.#field(user, 'username', 'user')
    this.#field(user, 'name', 'user')
    if (user.data) this.#object(user.data, 'user.data')
  }

  #request(request: EventRequest): void {
    this.#field(request, 'url', 'request')
    this.#field(request, 'queryString', 'request')
    if (request.headers) this.#pairs(request.headers, 'request.headers')
    for (const cookie of request.cookies ?? []) {
      // A cookie is a secret whatever it is called: most sign somebody in.
      if (cookie[1] !== '' && cookie[1] !== FILTERED) this.#note(`request.cookies.${cookie[0]}`)
      if (cookie[1] !== '') cookie[1] = FILTERED
    }
    if (request.data !== undefined) request.data = this.#value(request.data, 'request.data')
    if (request.env) this.#object(request.env, 'request.env')
  }

  #context(key: string): void {
    const context = this.#event.contexts[key]
    if (context) this.#object(context, `contexts.${key}`)
  }

  #object(object: JsonObject, path: string): void {
    for (const key in object) {
      const value = object[key]!
      // Whether something is set may be known; what it is may not.
      if (typeof value === 'boolean' || value === null || value === '') continue
      if (this.#keys.has(key)) {
        if (value === FILTERED) continue
        setOwn<Json>(object, key, FILTERED)
        this.#note(`${path}.${key}`)
      } else if (typeof value === 'string') {
        const scrubbed = scrubText(value, this.#keys)
        if (scrubbed === value) continue
        setOwn<Json>(object, key, scrubbed)
        this.#note(`${path}.${key}`)
      } else if (Array.isArray(value)) this.#list(value, path, key)
      else if (typeof value === 'object') this.#object(value, `${path}.${key}`)
      else if (isCardInNumber(value)) {
        setOwn<Json>(object, key, FILTERED)
        this.#note(`${path}.${key}`)
      }
    }
  }

  #list(list: Json[], path: string, key: string): void {
    // Variables and headers also come as pairs: ["Authorization", "Bearer …"].
    const [first, second] = list
    if (
      list.length === 2 &&
      typeof first === 'string' &&
      typeof second === 'string' &&
      this.#keys.has(first)
    ) {
      if (second !== FILTERED) this.#note(`${path}.${key}[1]`)
      list[1] = FILTERED
      return
    }
    for (let i = 0; i < list.length; i++) {
      const value = list[i]!
      if (
        typeof value === 'string' ||
        typeof value === 'number' ||
        (typeof value === 'object' && value !== null)
      ) {
        list[i] = this.#value(value, `${path}.${key}[${i}]`)
      }
    }
  }

  #value(value: Json, path: string): Json {
    if (typeof value === 'string') {
      const scrubbed = scrubText(value, this.#keys)
      if (scrubbed !== value) this.#note(path)
      return scrubbed
    }
    if (typeof value === 'number' && isCardInNumber(value)) {
      this.#note(path)
      return FILTERED
    }
    if (Array.isArray(value)) this.#list(value, path, '')
    else if (typeof value === 'object' && value !== null) this.#object(value, path)
    return value
  }

  #pairs(pairs: [string, string][], path: string): void {
    for (const pair of pairs) {
      const [key, value] = pair
      if (value === '') continue
      const scrubbed = this.#keys.has(key) ? FILTERED : scrubText(value, this.#keys)
      if (scrubbed === value) continue
      pair[1] = scrubbed
      this.#note(`${path}.${key}`)
    }
  }

  /** Source code: a key that was pasted into it goes over many lines. */
  #lines(lines: string[], path: string): void {
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!
      const scrubbed = scrubCode(line)
      if (scrubbed === line) continue
      lines[i] = scrubbed
      this.#note(`${path}[${i}]`)
      if (!opensPem(line)) continue
      for (let closed = false; !closed && i + 1 < lines.length;) {
        closed = closesPem(lines[++i]!)
        lines[i] = FILTERED
      }
    }
  }

  #field<K extends string>(holder: { [key in K]?: string }, key: K, path: string, isCode = false): void {
    const value: string | undefined = holder[key]
    if (value === undefined) return
    const scrubbed = isCode ? scrubCode(value) : scrubText(value, this.#keys)
    if (scrubbed === value) return
    holder[key] = scrubbed
    this.#note(path === key ? path : `${path}.${key}`)
  }

  #note(path: string): void {
    this.#notes.add(path, 'scrubbed', 'replaced by the secret scrubber')
  }
}

const SMALLEST_CARD = 1e12

const isCardInNumber = (value: Json): boolean =>
  typeof value === 'number' &&
  value >= SMALLEST_CARD &&
  Number.isSafeInteger(value) &&
  isCardNumber(String(value))
