// Real threads beside the event loop: what they make of a body is what would be made of it here, and whatever becomes
// of them, every body gets its answer.
import { randomBytes } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { DomainError } from '#server/domain/errors.ts'
import { stamp } from '#server/domain/ingest/stamp.ts'
import { prepareBody, type Preparation, type Prepared } from '#server/pipeline/preparation.ts'
import { createPreparers } from '#server/pipeline/preparers.ts'
import { preparer } from '#server/processes/preparer.ts'
import { supervise, type SupervisionHandle } from '#server/runtime/supervisor.ts'
import { scrubSettings } from '#shared/schemas/project.ts'
import { allSamples } from '../../unit/server/domain/samples.ts'
import { newEventId } from '../../support/encoded.ts'
import { until } from '../../support/until.ts'

const PROGRAM = new URL('../../../server/preparer-thread.ts', import.meta.url)
const SALT = randomBytes(16)

const project = {
  ...{ id: 7, retentionDays: 90, sampleRate: 0.5, grouping: { version: 1, previous: null } },
  scrub: scrubSettings.parse({ extraFields: ['employee_number'], dropIpAddresses: true }),
}
const preparation = (over: Partial<Preparation> = {}): Preparation => ({
  ...{ form: 'one', dialect: 'sentry', project, stamp: stamp(Date.UTC(2026, 10, 23), 90) },
  ...{ eventId: newEventId(), peerAddress: '203.0.113.9', userAgent: 'Mozilla/5.0' },
  ...over,
})
const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const here = (given: Preparation, body: Buffer): Prepared[] => [...prepareBody(given, body, SALT)]

let supervision: SupervisionHandle | undefined
afterEach(async () => {
  await supervision?.stop()
  supervision = undefined
})

async function withThreads(threads: number) {
  const preparers = createPreparers(SALT)
  supervision = supervise({
    ...{ id: 'line', strategy: 'one_for_one', maxRestarts: 5, withinMs: 60_000 },
    backoff: { initialMs: 1, maxMs: 5 },
    children: Array.from({ length: threads }, (_, i) =>
      preparer(`preparer-${i + 1}`, { preparers, program: PROGRAM, userSalt: SALT }),
    ),
  })
  await supervision.started
  return preparers
}
const runningThreads = () => supervision!.state().children.filter(({ status }) => status === 'running').length

describe('threads that prepare events', () => {
  it('INGEST-03, RESIL-03: make the same of every sample as the event loop’s own thread', async () => {
    const preparers = await withThreads(2)
    const samples = allSamples()
    const jobs = samples.map(({ payload }) => ({ given: preparation(), body: json(payload) }))
    const there = await Promise.all(jobs.map(({ given, body }) => preparers.run(given, body)))
    expect(there.length).toBeGreaterThan(50)
    for (const [i, { given, body }] of jobs.entries())
      expect(there[i], samples[i]!.name).toEqual(here(given, body))
  })

  it('INGEST-06: judge each event of a bulk body by itself, in its order', async () => {
    const preparers = await withThreads(1)
    const given = preparation({ form: 'lines', dialect: 'own', eventId: undefined })
    const [first, second] = [newEventId(), newEventId()]
    const moving = { ...given, project: { ...project, grouping: { version: 2, previous: 1 } } }
    const lines = [
      JSON.stringify({ event_id: first, message: 'one', user: { id: 'u', ip_address: '203.0.113.7' } }),
      '{"message":',
      JSON.stringify({ level: 'error' }),
      JSON.stringify({ event_id: second, exception: { values: [{ type: 'E', value: 'v' }] }, password: 'x' }),
    ]
    const body = Buffer.from(lines.join('\n'))
    const results = await preparers.run(moving, body)
    expect(results).toEqual(here(moving, body))
    expect(results.map((one) => (one instanceof DomainError ? one.code : 'event'))).toEqual([
      ...['event', 'invalid_json', 'invalid_event', 'event'],
    ])
    expect(results[2]).toMatchObject({ details: { problems: [{}] } })
  })

  it('INGEST-06: refuse a body that is none, with the code and the place', async () => {
    const preparers = await withThreads(1)
    const own = preparation({ dialect: 'own' })
    const refusal = (given: Preparation, body: string) =>
      preparers.run(given, Buffer.from(body)).catch((error: unknown) => error)
    expect(await refusal(own, '{"message": tru}')).toMatchObject({
      code: 'invalid_json',
      details: { position: 12 },
    })
    expect(await refusal({ ...own, form: 'array' }, '{}')).toMatchObject({ code: 'invalid_json' })
    expect(await refusal({ ...own, form: 'array' }, '[]')).toMatchObject({ code: 'empty_body' })
    expect(await refusal({ ...own, form: 'lines' }, '{}\n'.repeat(1_001))).toMatchObject({
      code: 'too_many_events',
    })
    expect(await refusal(own, '['.repeat(100))).toMatchObject({ code: 'too_deep' })
  })

  it('RESIL-01: a thread that falls costs no body its answer, and comes back', async () => {
    const preparers = await withThreads(2)
    const bodies = Array.from({ length: 400 }, (_, n) => {
      const events = Array.from({ length: 20 }, (_, i) => ({
        message: `body ${n} event ${i}`,
        extra: { n, i },
      }))
      return json(events)
    })
    const answers = bodies.map((body) =>
      preparers.run(preparation({ form: 'array', dialect: 'own', eventId: undefined }), body),
    )
    await Promise.race(answers)
    expect(supervision!.crash('preparer-1', new Error('Injected'))).toBe(true)
    const results = await Promise.all(answers)
    expect(results.map((events) => events.length)).toEqual(bodies.map(() => 20))
    const messages = results.flat().map((one) => (one instanceof Error ? one.message : one.row.message))
    expect(new Set(messages).size).toBe(400 * 20)
    const restarts = () => supervision!.state().children[0]!.restarts
    await until(() => restarts() === 1 && runningThreads() === 2, 10_000)
    expect(await preparers.run(preparation(), json({ message: 'after' }))).toHaveLength(1)
  })

  it('RESIL-01: answer what they have before they stop; without any, this thread does the work', async () => {
    const preparers = await withThreads(1)
    const body = json(Array.from({ length: 200 }, (_, i) => ({ message: `event ${i}` })))
    const given = preparation({ form: 'array', dialect: 'own', eventId: undefined })
    const answers = Array.from({ length: 20 }, () => preparers.run(given, body))
    await Promise.race(answers)
    await supervision!.stop()
    expect((await Promise.all(answers)).map((events) => events.length)).toEqual(answers.map(() => 200))
    expect(await preparers.run(given, body)).toHaveLength(200)
  })

  it('RESIL-03: a thread that runs out of memory falls alone', async () => {
    const preparers = createPreparers(SALT)
    const thread = new Worker('const hold = []; for (;;) hold.push(new Array(1e5).fill(hold.length))', {
      ...{ eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } },
    })
    const attached = preparers.attach(thread)
    const answer = preparers.run(preparation(), json({ message: 'in its hand' }))
    const error = await new Promise((resolve) => thread.once('error', resolve))
    expect(error).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' })
    attached.detach()
    expect(await answer).toMatchObject([{ state: 'encoded' }])
  })
})
