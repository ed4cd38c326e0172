// What browsers may do with answers of the API, whoever sends them: the framework's routes or the ingest doors.
import { publicUrl } from '#server/domain/settings.ts'

/** For every answer. */
export const EVERYWHERE = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
}
const API = {
  ...EVERYWHERE,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}
/** Half a year: long enough to help, short enough to leave https behind again. */
const HSTS = { 'strict-transport-security': 'max-age=15552000' }

/** Keeps browsers on https once they came by it; nothing otherwise. */
export const transportSecurity = (): Record<string, string> => (publicUrl().protocol === 'https:' ? HSTS : {})

export const apiHeaders = (): Record<string, string> => ({ ...API, ...transportSecurity() })
