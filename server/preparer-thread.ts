// The entry of a thread that prepares events (pipeline/preparers.ts sends, processes/preparer.ts starts it). In: bodies
// of one turn of the event loop; out: their events, in pieces, so that the first need not wait for the last.
import { parentPort, workerData } from 'node:worker_threads'
import { prepareBody, type Prepared } from '#server/pipeline/preparation.ts'
import {
  packDone,
  unpackJobs,
  type Answer,
  type Done,
  type Job,
  type Message,
} from '#server/pipeline/prepared-message.ts'

/** An answer a job would wake the other side for every event; one for all would let the first wait for the last. */
const ANSWER_EVENTS = 32

const port = parentPort! // it is a thread
const userSalt = Buffer.from((workerData as { userSalt: Uint8Array }).userSalt)

port.on('message', (message: Message) => {
  let done: Done[] = []
  let events = 0
  const jobs = unpackJobs(message)
  for (const [i, job] of jobs.entries()) {
    const results = prepared(job)
    done.push({ id: job.id, results })
    events += results instanceof Error ? 1 : results.length
    if (events < ANSWER_EVENTS || i === jobs.length - 1) continue
    answer(done, false)
    done = []
    events = 0
  }
  answer(done, true)
})
port.postMessage('ready')

function prepared({ preparation, body }: Job): Prepared[] | Error {
  try {
    return [...prepareBody(preparation, body, userSalt)]
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function answer(done: Done[], last: boolean): void {
  const answered: Answer = { ...packDone(done), last }
  port.postMessage(answered, [answered.bytes.buffer])
}
