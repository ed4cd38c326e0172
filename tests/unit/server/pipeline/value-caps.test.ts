import { expect, it } from 'vitest'
import { createValueCaps, OTHER } from '#server/pipeline/value-caps.ts'
import type { ValueKey } from '#server/storage/values/admit-values.ts'
import { encodedEvent } from '../../../support/encoded.ts'

const event = (release: string) =>
  encodedEvent({ projectId: 1, payload: { environment: 'staging', release } })

/** A database that answers when told to. */
function slowAdmission() {
  const asked: { values: ValueKey[]; answer: (admitted: ValueKey[]) => void }[] = []
  const admit = (values: readonly ValueKey[]) =>
    new Promise<ValueKey[]>((resolve) => asked.push({ values: [...values], answer: resolve }))
  return { asked, admit }
}

it('INGEST-04: batches that bring the same new value at once both keep it', async () => {
  const { asked, admit } = slowAdmission()
  const caps = createValueCaps(admit)
  const [first, second] = [event('app@1'), event('app@1')]
  const both = Promise.all([caps.apply([first]), caps.apply([second])])
  for (const { values, answer } of asked) answer(values)
  await both
  for (const { row } of [first, second])
    expect(row).toMatchObject({ environment: 'staging', release: 'app@1' })
})

it('INGEST-04: what is forgotten while a batch waits stays admitted for that batch', async () => {
  let now = 0
  const { asked, admit } = slowAdmission()
  const caps = createValueCaps(admit, () => now)
  const warmUp = caps.apply([event('app@1')])
  asked[0]!.answer(asked[0]!.values)
  await warmUp
  const waiting = [event('app@1'), event('app@2')]
  const pending = caps.apply(waiting)
  now += 60 * 60_000
  const later = caps.apply([event('app@3')])
  for (const { values, answer } of asked) answer(values)
  await Promise.all([pending, later])
  expect(waiting.map(({ row }) => row.release)).toEqual(['app@1', 'app@2'])
})

it('INGEST-04: a place that was taken is not taken back by one who asked at the same moment', async () => {
  const { asked, admit } = slowAdmission()
  const caps = createValueCaps(admit)
  const [lucky, late] = [event('app@1'), event('app@1')]
  const both = Promise.all([caps.apply([lucky]), caps.apply([late])])
  asked[0]!.answer(asked[0]!.values)
  asked.slice(1).forEach(({ answer }) => answer([]))
  await both
  const next = event('app@1')
  await caps.apply([next])
  expect([lucky, late, next].map(({ row }) => row.release)).toEqual(['app@1', 'app@1', 'app@1'])
})

it('INGEST-04: what is refused is counted as (other), and asked for once', async () => {
  let questions = 0
  const caps = createValueCaps(async () => {
    questions++
    return []
  })
  const events = [event('app@1'), event('app@1')]
  for (const one of events) await caps.apply([one])
  expect(events.map(({ row }) => row.release)).toEqual([OTHER, OTHER])
  expect(questions).toBe(1)
})
