import { describe, expect, it } from 'vitest'
import type { NormalEvent } from '../../../shared/schemas/event.ts'
import { eventSections } from '../../../utils/event-sections.ts'

const event = (more: Partial<NormalEvent> = {}): NormalEvent => ({
  eventId: '0'.repeat(32),
  timestamp: '2026-11-23T10:00:00.000Z',
  receivedAt: '2026-11-23T10:00:00.000Z',
  level: 'error',
  platform: 'node',
  exceptions: [],
  breadcrumbs: [],
  tags: [],
  contexts: {},
  extra: {},
  environment: 'production',
  notes: [],
  ...more,
})
const ids = (more?: Partial<NormalEvent>) => eventSections(event(more)).map(({ id }) => id)

describe('sections of an event', () => {
  it('are not there when they have nothing to say', () => {
    expect(ids()).toEqual(['raw'])
    expect(ids({ user: {}, request: {}, modules: {}, threads: [], contexts: { os: {} } })).toEqual(['raw'])
  })
  it('come in the order one reads an error', () => {
    expect(
      ids({
        message: 'm',
        exceptions: [{ type: 'E', value: 'v' }],
        breadcrumbs: [{ message: 'b' }],
        tags: [['a', 'b']],
        user: { id: '1' },
        request: { url: '/' },
        contexts: { os: { name: 'Linux' } },
        extra: { a: 1 },
        modules: { a: '1' },
        notes: [{ path: 'a', kind: 'trimmed', message: 'm' }],
      }),
    ).toEqual([
      'message',
      'exception',
      'breadcrumbs',
      'tags',
      'user',
      'request',
      'contexts',
      'extra',
      'modules',
      'notes',
      'raw',
    ])
  })
  it('show a logged message with a stack as a message', () => {
    const logged = event({ message: 'low', exceptions: [{ value: 'low', mechanism: { synthetic: true } }] })
    expect(eventSections(logged).map(({ title }) => title)).toEqual(['Message', 'Stack', 'Raw JSON'])
  })
  it('do not repeat the exception as a message', () => {
    expect(ids({ message: 'v', exceptions: [{ type: 'E', value: 'v' }] })).not.toContain('message')
    expect(ids({ message: 'E: v', exceptions: [{ type: 'E', value: 'v' }] })).not.toContain('message')
  })
})
