// Requests as a server's SDK would send them, made before the clock runs: stack traces with source lines, breadcrumbs,
// tags, a user. Each is a whole HTTP request, or a frame of the stream, in one buffer with known places that are
// overwritten per sending: event id, user, and (where every event is to be a new issue) the name of a function.
import { eventId, RUN_DIGITS } from './event-ids.ts'
import { randomFrom } from './random.ts'

export type BodyKind = 'single' | 'bulk' | 'envelope' | 'stream'

export interface BodyPlan {
  kind: BodyKind
  /** About this many per event, decoded. */
  bytesPerEvent: number
  eventsPerRequest: number
  /** How many different groups; `every`: no two events of the run belong together. */
  groups: number | 'every'
  path: string
  headers: Record<string, string>
  /** 16 hex digits, in every event id. */
  run: string
}

export interface RequestTemplate {
  bytes: Buffer
  /** Offsets, one per event. An envelope says its id twice. */
  ids: number[]
  secondIds: number[]
  users: number[]
  names: number[]
  /** Of a frame: where its number goes, and where the payload begins, from which on all is masked. */
  refs: number[]
  maskedFrom: number | null
}

const ID = '0'.repeat(8 + RUN_DIGITS + 8)
const USER = 'u0000000'
const NAME = 'aaaaaaaa'
const REF = '########'
/** One for all: what it costs the server is the same, and a client's library would draw its own in native code. */
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])
const USERS = 20_000
const GROUPS_FOR_EVERY = 200
/** Letters that are no hexadecimal digits: grouping takes digits for a number. */
const LETTERS = 'ghijklmnopqrstuvwxyz'
const HOST = 'bench.example.org'
/** So many different bodies that nothing can be remembered; so few that they fit into memory. */
const MOST_TEMPLATE_BYTES = 48 * 1024 * 1024
const MOST_TEMPLATES = 2_000
const LEAST_TEMPLATES = 4

export function makeTemplates(plan: BodyPlan): RequestTemplate[] {
  const perRequest = plan.bytesPerEvent * plan.eventsPerRequest
  const wanted = plan.kind === 'bulk' ? MOST_TEMPLATES / plan.eventsPerRequest : MOST_TEMPLATES
  const count = Math.max(LEAST_TEMPLATES, Math.min(wanted, Math.floor(MOST_TEMPLATE_BYTES / perRequest)))
  return Array.from({ length: Math.round(count) }, (_, i) => makeTemplate(plan, i * plan.eventsPerRequest))
}

function makeTemplate(plan: BodyPlan, firstVariant: number): RequestTemplate {
  const groups = plan.groups === 'every' ? GROUPS_FOR_EVERY : plan.groups
  const events = Array.from({ length: plan.eventsPerRequest }, (_, i) =>
    eventText(firstVariant + i, (firstVariant + i) % groups, plan.bytesPerEvent),
  )
  if (plan.kind === 'stream') return makeFrame(plan, events[0]!)
  const body =
    plan.kind === 'bulk'
      ? `[${events.join(',')}]`
      : plan.kind === 'envelope'
        ? `{"event_id":"${ID}"}\n{"type":"event"}\n${events[0]}\n`
        : events[0]!
  const length = Buffer.byteLength(body)
  const head = Object.entries({ host: HOST, ...plan.headers, 'content-length': String(length) })
  const text = `POST ${plan.path} HTTP/1.1\r\n${head.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`
  const bytes = Buffer.from(text)
  const ids = placesOf(bytes, ID)
  return {
    bytes,
    ids: plan.kind === 'envelope' ? ids.slice(1) : ids,
    secondIds: plan.kind === 'envelope' ? ids.slice(0, 1) : [],
    users: placesOf(bytes, USER),
    names: plan.groups === 'every' ? placesOf(bytes, NAME) : [],
    refs: [],
    maskedFrom: null,
  }
}

/** A masked text frame, as clients have to send it. */
function makeFrame(plan: BodyPlan, event: string): RequestTemplate {
  const payload = Buffer.from(`{"type":"event","ref":"${REF}","event":${event}}`)
  const long = payload.length > 0xffff
  const head = Buffer.alloc(long ? 10 : 4)
  head[0] = 0x81
  head[1] = 0x80 | (long ? 127 : 126)
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2)
  else head.writeUInt16BE(payload.length, 2)
  const bytes = Buffer.concat([head, MASK, payload])
  const template = {
    bytes,
    ids: placesOf(bytes, ID),
    secondIds: [],
    users: placesOf(bytes, USER),
    names: plan.groups === 'every' ? placesOf(bytes, NAME) : [],
    refs: placesOf(bytes, REF),
    maskedFrom: head.length + MASK.length,
  }
  mask(bytes, template.maskedFrom, template.maskedFrom, payload.length)
  return template
}

function mask(bytes: Buffer, maskedFrom: number, at: number, length: number): void {
  for (let i = at; i < at + length; i++) bytes[i]! ^= MASK[(i - maskedFrom) & 3]!
}

function placesOf(bytes: Buffer, text: string): number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + text.length)) places.push(at)
  return places
}

/** A message's name for the server: eight digits. */
export const refOf = (number: number): string => number.toString(16).padStart(REF.length, '0')

/** A request of its own with the numbers `first`, `first + 1`, … in it. */
export function fillTemplate(template: RequestTemplate, run: string, first: number): Buffer {
  const bytes = Buffer.allocUnsafe(template.bytes.length)
  template.bytes.copy(bytes)
  const { maskedFrom } = template
  const put = (text: string, at: number) => {
    bytes.write(text, at, 'latin1')
    if (maskedFrom !== null) mask(bytes, maskedFrom, at, text.length)
  }
  for (let i = 0; i < template.ids.length; i++) {
    const number = first + i
    const id = eventId(run, number)
    put(id, template.ids[i]!)
    if (template.secondIds.length > 0) put(id, template.secondIds[i]!)
    const user = (Math.imul(number, 7919) >>> 0) % USERS
    put(String(user).padStart(7, '0'), template.users[i]! + 1)
    if (template.names.length > 0) put(letters(number), template.names[i]!)
    if (template.refs.length > 0) put(refOf(number), template.refs[i]!)
  }
  return bytes
}

function letters(number: number): string {
  let text = ''
  for (let i = 0, rest = number; i < NAME.length; i++, rest = Math.floor(rest / LETTERS.length))
    text += LETTERS[rest % LETTERS.length]
  return text
}

// ── One event ──────────────────────────────────────────────────────────────────────────────────────────────────────

const WORDS =
  `account address amount await balance batch buffer cache cart catalog channel charge client config const
  context count customer delivery discount error event export fetch filter format handler header index input insert
  invoice item key length limit line list load lock map message method name number offset option order page parse
  payment price product promise query queue rate read record region release request reserve response result retry
  return route rule save schema search select send session shipment source state stock store stream string sum
  supplier table tax template timeout token total transaction type update user validate value version warehouse`.split(
    /\s+/,
  )
/** Below this an SDK sends one line a frame, above also those around it. */
const CONTEXT_FROM_BYTES = 4_000
const FRAME_SHARE = 0.72
const LEAST_FRAMES = 3
/** What is not frames, and one frame without and with the lines around it: about so many bytes. */
const BASE_BYTES = 560
const FRAME_BYTES = 200
const FRAME_WITH_CONTEXT_BYTES = 980
/** By the size alone: how deep a stack is decides its group. */
const framesOf = (bytes: number): number =>
  Math.max(
    LEAST_FRAMES,
    Math.round(
      (bytes * FRAME_SHARE - BASE_BYTES) /
        (bytes >= CONTEXT_FROM_BYTES ? FRAME_WITH_CONTEXT_BYTES : FRAME_BYTES),
    ),
  )

function eventText(variant: number, group: number, bytes: number): string {
  const random = randomFrom(variant * 65_536 + 17)
  // What decides the group is drawn by the group alone: however the texts vary, there are as many issues as asked for.
  const groupRandom = randomFrom(group * 65_536 + 29)
  const pick = (from: () => number) => WORDS[Math.floor(from() * WORDS.length)]!
  const word = () => pick(random)
  const groupWord = () => pick(groupRandom)
  const line = () =>
    `  const ${word()} = await ${word()}.${word()}(${word()}.${word()}, { ${word()}: ${word()} })`
  const lines = (n: number) => Array.from({ length: n }, line)
  const event = {
    event_id: ID,
    user: { id: USER, email: `customer${variant % 977}@example.org` },
    platform: 'node',
    level: variant % 10 === 0 ? 'warning' : 'error',
    environment: variant % 7 === 0 ? 'staging' : 'production',
    release: `shop@4.${variant % 20}.0`,
    server_name: `web-${variant % 6}`,
    transaction: `POST /api/orders/${group % 40}`,
    tags: { browser: `Chrome ${120 + (variant % 12)}`, region: variant % 3 ? 'eu' : 'us', tier: word() },
    exception: {
      values: [
        {
          type: group % 3 ? 'TypeError' : 'OrderError',
          value: `Order ${variant * 7_919} could not be priced for customer ${variant * 31}`,
          stacktrace: { frames: [] as unknown[] },
        },
      ],
    },
    breadcrumbs: [] as unknown[],
    extra: {} as Record<string, unknown>,
  }
  const { frames } = event.exception.values[0]!.stacktrace
  const size = () => JSON.stringify(event).length
  // Sizes are added up: writing everything out for each frame would be quadratic.
  while (frames.length < framesOf(bytes)) {
    const own = frames.length % 2 === 0
    const frame = {
      filename: own
        ? `app/${groupWord()}/service-${group}-${frames.length}.ts`
        : `node_modules/${groupWord()}/lib/index.js`,
      function: frames.length === 0 ? `handle${NAME}${group}` : `${groupWord()}${own ? group : ''}`,
      lineno: Math.floor(random() * 400) + 1,
      colno: Math.floor(random() * 60) + 1,
      in_app: own,
      ...(bytes >= CONTEXT_FROM_BYTES ? { pre_context: lines(5), post_context: lines(5) } : {}),
      context_line: line(),
    }
    frames.push(frame)
  }
  for (let used = size(); used < bytes * 0.93 && bytes >= CONTEXT_FROM_BYTES;) {
    const crumb = {
      timestamp: 1_795_000_000 + event.breadcrumbs.length,
      category: 'query',
      message: line(),
      data: { ms: variant % 90 },
    }
    event.breadcrumbs.push(crumb)
    used += JSON.stringify(crumb).length + 1
  }
  event.extra.note = ''
  let note = ''
  for (const missing = bytes - size(); note.length < missing;) note += `${word()} `
  event.extra.note = note.slice(0, Math.max(0, bytes - size()))
  return JSON.stringify(event)
}
