// What a command is: the options it takes, as a schema that also says what is wrong with them, and what it answers, for
// people and for programs.
import type { z } from 'zod'

export interface Answer {
  /** Printed as one JSON document with --json. */
  data: unknown
  lines: string[]
}

export interface Command {
  summary: string
  /** By option: what it is, as the help says it. */
  help: Record<string, string>
  input: z.ZodObject
  /** Options without a value. */
  flags: readonly string[]
  run(input: Record<string, unknown>): Promise<Answer>
}

export function defineCommand<S extends z.ZodObject>(command: {
  summary: string
  help: Record<keyof z.input<S> & string, string>
  input: S
  flags?: readonly (keyof z.input<S> & string)[]
  run(input: z.output<S>): Promise<Answer>
}): Command {
  // `run` gets what its own schema has made; the list of commands cannot say so.
  return { flags: [], ...command } as unknown as Command
}
