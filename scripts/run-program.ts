// The frame of a program that opens much and has to leave nothing behind: servers, databases, directories. What was
// opened is closed last first: at the end, after a failure, and when the program is told to stop.
import { LauncherError } from '../launcher/launcher-error.ts'

type Close = () => Promise<unknown>

const open: Close[] = []

/** Registers how something is closed. @returns a function that closes it now, and not again at the end */
export function onClose(close: Close): () => Promise<void> {
  open.push(close)
  return async () => {
    const at = open.lastIndexOf(close)
    if (at < 0) return
    open.splice(at, 1)
    await close()
  }
}

/** At the end it happens by itself; before, for a program whose last words come after it. */
export async function closeAll(): Promise<void> {
  for (let close = open.pop(); close; close = open.pop()) await close().catch((error) => console.error(error))
}

/** Runs `main`; what it throws is printed and makes the exit code 1: what the caller did wrong in a line, else whole. */
export async function runProgram(main: () => Promise<unknown>): Promise<void> {
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stopping = true
      void closeAll().finally(() => process.exit(130))
    })
  try {
    await main()
  } catch (error) {
    // What fails because everything is being ended is no failure.
    if (stopping) await new Promise(() => {})
    const mistyped = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')
    const understood = mistyped || error instanceof LauncherError
    console.error(understood ? `\n${(error as Error).message}\n` : error)
    process.exitCode = 1
  }
  await closeAll()
}
