// What a command is: the options it takes, as a schema that also says what is wrong with them, and what it answers, for
// people and for programs.
import type { z } from 'zod'
import type { Config } from '#shared/schemas/config.ts'

export interface Answer {
  /** Printed as one JSON document with --json. */
  data: unknown
  lines: string[]
  /** Of the process, when it is not 0 although the question was answered. */
  exitCode?: number
}

/** For a command that opens its database itself, or none. */
export interface Surroundings {
  config: Config
  /** Progress, for people; on stderr, which leaves stdout to the answer. */
  say(line: string): void
  onClose(close: () => Promise<void>): void
}

export interface Command {
  summary: string
  /** By option: what it is, as the help says it. */
  help: Record<string, string>
  input: z.ZodObject
  /** Options without a value. */
  flags: readonly string[]
  /** The option that may also be given as a word of its own. */
  word?: string
  /** It opens what it needs itself: no migration, no secret made before it runs. */
  alone: boolean
  run(input: Record<string, unknown>, around: Surroundings): Promise<Answer>
}

export function defineCommand<S extends z.ZodObject>(command: {
  summary: string
  help: Record<keyof z.input<S> & string, string>
  input: S
  flags?: readonly (keyof z.input<S> & string)[]
  word?: keyof z.input<S> & string
  alone?: boolean
  run(input: z.output<S>, around: Surroundings): Promise<Answer>
}): Command {
  // `run` gets what its own schema has made; the list of commands cannot say so.
  return { flags: [], alone: false, ...command } as unknown as Command
}
