// What the server processes that share a port ask each other, by way of the launcher that started them all: one of them
// is asked for metrics or for the System page, and answers for every one. The words of that conversation.
import { z } from 'zod'

/** What can be asked. */
export const SIBLING_QUESTIONS = ['metrics', 'processes', 'status'] as const
export type SiblingQuestion = (typeof SIBLING_QUESTIONS)[number]

/** From a process to the launcher: ask them all. */
export const siblingAsk = z.object({
  mesher: z.literal('ask'),
  id: z.int(),
  what: z.enum(SIBLING_QUESTIONS),
})
/** From the launcher to each process. */
export const siblingQuestion = z.object({
  mesher: z.literal('question'),
  id: z.int(),
  what: z.enum(SIBLING_QUESTIONS),
})
/** Back from a process. */
export const siblingAnswer = z.object({ mesher: z.literal('answer'), id: z.int(), value: z.unknown() })

/** One process as the launcher knows it, with what it said. */
export const sibling = z.object({
  index: z.int(),
  /** Null while it is down. */
  pid: z.int().nullable(),
  /** How often the launcher has brought it back. */
  restarts: z.int(),
  /** How it ended last; null when it never did. */
  lastExit: z.object({ how: z.string(), at: z.iso.datetime() }).nullable(),
  /** Null when it did not answer in time. */
  value: z.unknown(),
})
export type Sibling = z.infer<typeof sibling>

/** From the launcher to who asked. */
export const siblingAnswers = z.object({
  mesher: z.literal('answers'),
  id: z.int(),
  siblings: z.array(sibling),
})
