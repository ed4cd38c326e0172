// Files are long work: one at a time for a person, and a few on a node, so that nobody's downloads take it down.
import { DomainError } from '../errors.ts'

const MAX_ON_NODE = 4
const RETRY_AFTER_SECONDS = 10
const running = new Set<string>()

/**
 * Lends a place for as long as the pieces are read, to their end or until the reader goes away.
 * @throws DomainError too_many_attempts
 */
export function inExportSlot(
  userId: string,
  make: () => AsyncGenerator<string, void>,
): AsyncGenerator<string, void> {
  if (running.has(userId) || running.size >= MAX_ON_NODE) {
    const message = running.has(userId)
      ? 'Your export before is still being written: one at a time'
      : 'Others are exporting at the moment: try again in a little while'
    throw new DomainError('too_many_attempts', { retryAfterSeconds: RETRY_AFTER_SECONDS }, message)
  }
  const pieces = make()
  running.add(userId)
  return lend(userId, pieces)
}

async function* lend(userId: string, pieces: AsyncGenerator<string, void>): AsyncGenerator<string, void> {
  try {
    yield* pieces
  } finally {
    running.delete(userId)
  }
}
