// For projects that keep no IP addresses: the user's own, and the headers and variables that repeat it.
import type { Json, NormalEvent } from '#shared/schemas/event.ts'
import type { JsonObject } from './json-values.ts'
import { setOwn } from './json-values.ts'
import { Notes } from './notes.ts'
import { FILTERED } from './secret-forms.ts'

const ADDRESS_HEADERS = new Set(
  `x-forwarded-for x-real-ip x-client-ip client-ip true-client-ip cf-connecting-ip forwarded x-cluster-client-ip
  fastly-client-ip x-original-forwarded-for remote-addr x-appengine-user-ip`.split(/\s+/),
)
const ADDRESS_KEY =
  /^(?:http_)?(?:x_)?(?:remote_addr|remote_host|forwarded_for|forwarded|real_ip|client_ip|ip|ip_address|ipaddress)$/i

/** The user's address, and the headers and variables that repeat it. */
export function dropAddresses(event: NormalEvent): void {
  const notes = new Notes(event.notes)
  const user = event.user
  if (user?.ipAddress !== undefined) {
    user.ipAddress = undefined
    notes.add('user.ip_address', 'scrubbed', 'IP addresses are not kept')
  }
  if (user?.data) filterAddresses(user.data, 'user.data', notes)
  for (const header of event.request?.headers ?? []) {
    if (!ADDRESS_HEADERS.has(header[0].toLowerCase()) || header[1] === FILTERED) continue
    header[1] = FILTERED
    notes.add(`request.headers.${header[0]}`, 'scrubbed', 'IP addresses are not kept')
  }
  if (event.request?.env) filterAddresses(event.request.env, 'request.env', notes)
}

function filterAddresses(object: JsonObject, path: string, notes: Notes): void {
  for (const key of Object.keys(object)) {
    if (!ADDRESS_KEY.test(key.replaceAll('-', '_')) || object[key] === null) continue
    setOwn<Json>(object, key, FILTERED)
    notes.add(`${path}.${key}`, 'scrubbed', 'IP addresses are not kept')
  }
}
