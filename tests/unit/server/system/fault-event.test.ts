import { expect, it } from 'vitest'
import { faultEvent, framesOf } from '#server/system/fault-event.ts'
import {
  markUnreported,
  noteOwnFault,
  takeOwnFaults,
  unreported,
  type OwnFault,
} from '#server/system/own-faults.ts'

const context = { version: '1.2.3', server: 1, suppressed: 2 }

it('OPS-02: a stack is read as frames, ours told from those of libraries', () => {
  const stack = [
    'TypeError: x is not a function',
    `    at Object.take (file://${process.cwd()}/server/pipeline/intake.ts:12:34)`,
    `    at async write (${process.cwd()}/node_modules/pg/lib/client.js:5:6)`,
    '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
    '    at file:///srv/elsewhere/a.ts:7:8',
    '    at Array.map (<anonymous>)',
    '    something else',
  ].join('\n')
  expect(framesOf(stack)).toEqual([
    { function: 'Array.map', filename: '<anonymous>', in_app: false },
    { filename: '/srv/elsewhere/a.ts', lineno: 7, colno: 8, in_app: true },
    {
      function: 'process.processTicksAndRejections',
      filename: 'node:internal/process/task_queues',
      lineno: 105,
      colno: 5,
      in_app: false,
    },
    { function: 'write', filename: 'node_modules/pg/lib/client.js', lineno: 5, colno: 6, in_app: false },
    { function: 'Object.take', filename: 'server/pipeline/intake.ts', lineno: 12, colno: 34, in_app: true },
  ])
})

it('OPS-02: causes come first; what is no error is said in words; a circle ends', () => {
  const fault = (error: unknown): OwnFault => ({
    kind: 'process',
    error,
    at: new Date(5_000),
    about: 'process folder',
  })
  const values = (error: unknown) =>
    (faultEvent(fault(error), context).exception as { values: { type: string; value: string }[] }).values.map(
      ({ type, value }) => `${type}: ${value}`,
    )
  const cause = Object.assign(new RangeError('deep'), { code: '22P02' })
  expect(values(new Error('shallow', { cause }))).toEqual(['RangeError: deep (22P02)', 'Error: shallow'])
  expect(values('a word')).toEqual(['Error: a word'])
  const circle = new Error('round')
  circle.cause = circle
  expect(values(circle)).toEqual(['Error: round'])
  expect(faultEvent(fault('x'), context)).toMatchObject({
    timestamp: 5,
    level: 'error',
    release: 'mesher@1.2.3',
    transaction: 'process folder',
    tags: { kind: 'process', server: '1' },
    extra: { like_it_and_not_reported: 2 },
  })
})

it('OPS-02: what comes of reporting is never noted, wherever it surfaces; the rest is, once, and boundedly', async () => {
  takeOwnFaults()
  await unreported(async () => {
    noteOwnFault({ kind: 'request', error: new Error('inside') })
    await Promise.resolve()
    noteOwnFault({ kind: 'request', error: new Error('inside, later') })
  })
  const failedWrite = new Error('of a report')
  markUnreported(failedWrite)
  noteOwnFault({ kind: 'process', error: failedWrite })
  noteOwnFault({ kind: 'process', error: new Error('gave up', { cause: failedWrite }) })
  expect(takeOwnFaults().faults).toEqual([])

  const twice = new Error('twice')
  noteOwnFault({ kind: 'request', error: twice })
  noteOwnFault({ kind: 'process', error: twice })
  for (let n = 0; n < 100; n++) noteOwnFault({ kind: 'socket', error: new Error(`${n}`) })
  const { faults, dropped } = takeOwnFaults()
  expect([faults.length, dropped]).toEqual([50, 51])
  expect(takeOwnFaults()).toEqual({ faults: [], dropped: 0 })
})
