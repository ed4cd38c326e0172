// `user` → who was affected. What is not one of the known fields is kept as data.
import { TRIM } from '#shared/constants/limits.ts'
import type { EventUser } from '#shared/schemas/event.ts'
import type { Fields } from './fields.ts'
import { fieldsOf, nameOf } from './fields.ts'
import type { JsonObject } from './json-values.ts'
import { boundedJson, setOwn } from './json-values.ts'
import type { Place } from './notes.ts'

const KNOWN = new Set(['id', 'email', 'username', 'name', 'ip_address', 'data'])
/** "Ask the connection": what SDKs send when they cannot know their own address. */
const AUTO_ADDRESS = '{{auto}}'

export function userOf(source: Fields, peerAddress: string | undefined, place: Place): EventUser | undefined {
  const sentAddress = nameOf(source, 'ip_address', TRIM.tagValue, place)
  const user: EventUser = {
    id: nameOf(source, 'id', TRIM.tagValue, place),
    email: nameOf(source, 'email', TRIM.tagValue, place),
    username: nameOf(source, 'username', TRIM.tagValue, place),
    name: nameOf(source, 'name', TRIM.tagValue, place),
    ipAddress: sentAddress === AUTO_ADDRESS ? peerAddress : sentAddress,
    data: otherData(source, place),
  }
  return Object.values(user).some((value) => value !== undefined) ? user : undefined
}

function otherData(source: Fields, place: Place): JsonObject | undefined {
  let rest = fieldsOf(source, 'data', place)
  for (const key of Object.keys(source)) {
    if (KNOWN.has(key) || source[key] === null) continue
    if (rest === source.data) rest = copyOf(rest)
    setOwn((rest ??= {}), key, source[key])
  }
  if (rest === undefined || Object.keys(rest).length === 0) return undefined
  return boundedJson(rest, `${place.path}.data`, place) as JsonObject // an object comes out as an object
}

function copyOf(source: Fields | undefined): Fields {
  const copy: Fields = {}
  if (source) for (const key of Object.keys(source)) setOwn(copy, key, source[key])
  return copy
}
