/** The command was given wrongly; the message says how it is given. */
export class UsageError extends Error {
  override name = 'UsageError'
}
