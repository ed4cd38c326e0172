// A frame of the live socket (shared/schemas/live.ts has the contract) → what is asked, or what is wrong with it; and
// errors as text.
import { DomainError } from '#server/domain/errors.ts'
import { parseJson } from '#server/domain/ingest/parse-json.ts'
import { liveMessage, liveRef, type LiveMessage, type LiveRef } from '#shared/schemas/live.ts'
import { toProblem } from '../problem.ts'

const MAX_DEPTH = 8

/** `ref` is undefined where none could be read. */
export type ReadMessage =
  { ok: true; message: LiveMessage } | { ok: false; ref: LiveRef | undefined; error: DomainError }

export function readLiveMessage(data: Buffer, isBinary: boolean): ReadMessage {
  if (isBinary) return { ok: false, ref: undefined, error: invalid('Send text frames') }
  let said: unknown
  try {
    said = parseJson(data, MAX_DEPTH)
  } catch (error) {
    if (error instanceof DomainError) return { ok: false, ref: undefined, error }
    throw error
  }
  const parsed = liveMessage.safeParse(said)
  if (parsed.success) return { ok: true, message: parsed.data }
  const ref = liveRef.safeParse((said as { id?: unknown } | null)?.id) // whatever it is, its id may be read
  const problems = parsed.error.issues.slice(0, 10).map(({ path, message }) => ({
    path: path.map(String).join('.').slice(0, 100),
    // Names of what was sent are not repeated.
    message: message.startsWith('Unrecognized key') ? 'There is a field that has no meaning here' : message,
  }))
  const [first] = problems
  const message = `${first?.path ? `${first.path}: ` : ''}${first?.message ?? 'It cannot be read'}`
  return { ok: false, ref: ref.data, error: invalid(message, problems) }
}

const invalid = (message: string, problems?: unknown[]) =>
  new DomainError('invalid_message', problems && { problems }, message)

export function liveErrorText(ref: LiveRef | undefined, error: unknown): string {
  const { code, message, details } = toProblem(error).body.error
  return JSON.stringify({ type: 'error', id: ref, code, message, details })
}
