import { describe, expect, it } from 'vitest'
import { createRelay, type Known } from '../../../launcher/relay.ts'
import { until } from '../../support/until.ts'

interface Sent {
  mesher: string
  id: number
  what?: string
  siblings?: { index: number; value: unknown; restarts: number; pid: number | null }[]
}

/** Processes that answer what they are made to; undefined: one that is down. */
function processes(answers: (((question: Sent) => unknown) | undefined)[], patienceMs?: number) {
  const inboxes = answers.map((): Sent[] => [])
  const known: Known[] = answers.map((answer, index) => ({
    index,
    pid: answer ? 100 + index : null,
    restarts: index,
    lastExit: null,
    send: answer
      ? (message) => {
          const sent = message as Sent
          inboxes[index]!.push(sent)
          const value = sent.mesher === 'question' ? answer(sent) : undefined
          if (value !== undefined)
            queueMicrotask(() => relay.heard(index, { mesher: 'answer', id: sent.id, value }))
        }
      : null,
  }))
  const relay = createRelay(() => known, patienceMs)
  return { relay, inboxes }
}

const answered = (inbox: Sent[]) => inbox.filter(({ mesher }) => mesher === 'answers')

describe('OPS-01: the relay between server processes', () => {
  it('asks all, and tells who asked what each said, and who is down', async () => {
    const { relay, inboxes } = processes([() => 'a', undefined, ({ what }) => `c ${what}`])
    relay.heard(2, { mesher: 'ask', id: 7, what: 'metrics' })
    await until(() => answered(inboxes[2]!).length === 1, 1_000)
    expect(answered(inboxes[2]!)[0]).toEqual({
      mesher: 'answers',
      id: 7,
      siblings: [
        { index: 0, pid: 100, restarts: 0, lastExit: null, value: 'a' },
        { index: 1, pid: null, restarts: 1, lastExit: null, value: null },
        { index: 2, pid: 102, restarts: 2, lastExit: null, value: 'c metrics' },
      ],
    })
    expect(answered(inboxes[0]!)).toEqual([])
  })

  it('does not wait for one that hangs, and keeps rounds apart', async () => {
    const { relay, inboxes } = processes([({ what }) => what, () => undefined], 30)
    relay.heard(0, { mesher: 'ask', id: 1, what: 'metrics' })
    relay.heard(0, { mesher: 'ask', id: 2, what: 'status' })
    await until(() => answered(inboxes[0]!).length === 2, 1_000)
    const values = answered(inboxes[0]!).map(({ id, siblings }) => [
      id,
      ...siblings!.map(({ value }) => value),
    ])
    expect(values).toEqual([
      [1, 'metrics', null],
      [2, 'status', null],
    ])
  })

  it.each([
    null,
    7,
    'ask',
    {},
    { mesher: 'ask' },
    { mesher: 'ask', id: 1, what: 'secrets' },
    { mesher: 'answer', id: 99, value: 1 },
  ])('ignores %j', (message) => {
    const { relay, inboxes } = processes([() => 'a'])
    relay.heard(0, message)
    expect(inboxes[0]).toEqual([])
  })
})
