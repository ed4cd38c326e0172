// A failure the operator can do something about: its message is all that is shown. Anything else shows its stack.

export class LauncherError extends Error {
  override name = 'LauncherError'
  readonly exitCode: number

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.exitCode = options.exitCode ?? 1
  }
}
