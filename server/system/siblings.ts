// The other server processes of this launcher, which share the port: whoever is asked answers for all of them. In: a
// question; out: every process with its answer, this one among them. Without a launcher, as under `nuxt dev` and in
// tests, this process is alone.
import {
  siblingAnswers,
  siblingQuestion,
  type Sibling,
  type SiblingQuestion,
} from '#shared/schemas/siblings.ts'

/** The launcher answers after 1.5 s at the latest; one that does not is hanging itself. */
const PATIENCE_MS = 3_000

export type SiblingAnswers = Record<SiblingQuestion, () => Promise<unknown>>

/** Of this process, as its launcher numbers it. */
export const ownIndex = (): number => Number(process.env.MESHER_NODE_INDEX ?? 0)

let own: SiblingAnswers | undefined
let serial = 0
const waiting = new Map<number, (siblings: Sibling[]) => void>()

/** Says what this process answers, and begins to listen. */
export function answerSiblings(answers: SiblingAnswers): void {
  own = answers
  if (process.connected && !process.listeners('message').includes(hear)) process.on('message', hear)
}

/** Every process with what it says; this one alone where there is no launcher, or it does not answer. */
export async function askSiblings(what: SiblingQuestion): Promise<Sibling[]> {
  const alone = async (): Promise<Sibling[]> => [
    {
      index: ownIndex(),
      pid: process.pid,
      restarts: 0,
      lastExit: null,
      value: (await own?.[what]()) ?? null,
    },
  ]
  if (!process.connected || !process.send) return alone()
  const id = ++serial
  const { promise, resolve } = Promise.withResolvers<Sibling[] | null>()
  waiting.set(id, resolve)
  const late = setTimeout(() => resolve(null), PATIENCE_MS)
  say({ mesher: 'ask', id, what })
  const siblings = await promise
  clearTimeout(late)
  waiting.delete(id)
  return siblings ?? alone()
}

/** A launcher that is gone hears nothing, and this process ends with it. */
const say = (message: object) => void process.send?.(message, undefined, undefined, () => {})

function hear(message: unknown): void {
  const answers = siblingAnswers.safeParse(message)
  if (answers.success) return waiting.get(answers.data.id)?.(answers.data.siblings)
  const question = siblingQuestion.safeParse(message)
  if (!question.success || !own) return
  const { id, what } = question.data
  const answer = (value: unknown) => say({ mesher: 'answer', id, value })
  own[what]().then(answer, () => answer(null)) // who asked sees that this one has nothing to say
}
