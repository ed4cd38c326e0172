// What another tracker (GlitchTip) made of the same events is the oracle. Titles and levels agree in all; culprits
// differ in three, on purpose (docs/decisions/0003-titles-and-culprits.md):
// - small_js_error: theirs `?(/dist/bundle.js)`, ours `/dist/bundle.js`: a missing name is left out, not written `?`.
// - js_event_with_unix_timestamp: theirs `viewWrappedDebugError(/vendor.js)`, ours `/vendor.js in viewWrappedDebugError`:
//   one way of writing for all languages.
// - python_logging and the others with a transaction agree; django's `/message/Z` is the transaction, too.
import { describe, expect, it } from 'vitest'
import { describe as describeEvent } from '#server/domain/ingest/title.ts'
import { jsonSamples, normal, sampleOf, thrown } from '../samples.ts'

const OUR_CULPRITS: Record<string, string> = {
  'small_js_error.json': '/dist/bundle.js',
  'js_event_with_unix_timestamp.json': '/vendor.js in viewWrappedDebugError',
}

describe('beside another tracker', () => {
  it.each(jsonSamples('sdk-events-expected').map(({ name, payload }) => [name, payload] as const))(
    '%s',
    (name, expected) => {
      const event = normal(sampleOf('sdk-events', name.replace('.json', '')))
      const ours = describeEvent(event)
      expect(ours.title).toBe(expected.title)
      expect(event.level).toBe(expected.level)
      expect(ours.culprit).toBe(OUR_CULPRITS[name] ?? expected.culprit)
      const metadata = expected.metadata as Record<string, string>
      expect(ours.type).toBe(metadata.type)
      if (metadata.type !== undefined) expect(ours.value).toBe(metadata.value)
    },
  )
})

describe('title', () => {
  const titleOf = (payload: unknown): string => describeEvent(normal(payload)).title

  it('is type and first line of the last exception with a type', () => {
    expect(
      titleOf({
        exception: [
          { type: 'Cause', value: 'c' },
          { type: 'E', value: '\n  one \ntwo' },
        ],
      }),
    ).toBe('E: one')
    expect(titleOf({ exception: [{ type: 'E' }] })).toBe('E')
    expect(titleOf({ exception: [{ type: 'E', value: 'v' }, { value: 'no type' }] })).toBe('E: v')
    expect(titleOf({ exception: [{ value: 'thrown text' }] })).toBe('thrown text')
  })

  it('a synthetic exception without a type is a message', () => {
    const exception = [{ value: 'said', mechanism: { synthetic: true } }]
    expect(titleOf({ message: 'said', exception })).toBe('said')
    expect(describeEvent(normal({ exception }))).toMatchObject({
      title: 'said',
      type: undefined,
      value: 'said',
    })
  })

  it('is the first line of the message, or says that there is none', () => {
    expect(titleOf({ message: 'one\r\ntwo' })).toBe('one')
    expect(titleOf({})).toBe('(no message)')
  })

  it('has at most 256 characters, the culprit 200', () => {
    const event = normal({
      exception: [{ type: 'T'.repeat(500), value: 'v'.repeat(500) }],
      transaction: 't'.repeat(500),
    })
    expect(describeEvent(event).title).toHaveLength(256)
    expect(describeEvent(event).culprit).toHaveLength(200)
  })
})

describe('culprit', () => {
  it('is the transaction, else the last in-app frame, else the last', () => {
    const frames = [
      { module: 'app.views', function: 'index', in_app: true },
      { module: 'django.core', function: 'handle', in_app: false },
    ]
    expect(describeEvent(thrown('E', 'v', frames, { transaction: '/x' })).culprit).toBe('/x')
    expect(describeEvent(thrown('E', 'v', frames)).culprit).toBe('app.views in index')
    expect(describeEvent(thrown('E', 'v', [frames[1]])).culprit).toBe('django.core in handle')
    expect(describeEvent(thrown('E', 'v')).culprit).toBeUndefined()
  })

  it('names the thread’s frame when no exception has one', () => {
    const threads = [
      { id: 1, crashed: true, stacktrace: { frames: [{ function: 'wait', filename: 'a.rb' }] } },
    ]
    expect(describeEvent(normal({ message: 'x', threads })).culprit).toBe('a.rb in wait')
  })
})
