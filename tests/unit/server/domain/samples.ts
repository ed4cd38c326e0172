// Real SDK events for the domain's tests (tests/fixtures/sentry/README.md says whose), and the ways tests make events.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { normaliseSentry } from '#server/domain/ingest/normalise.ts'
import type { IngestContext } from '#server/domain/ingest/normalise.ts'
import type { NormalEvent } from '#shared/schemas/event.ts'

const ROOT = path.join(import.meta.dirname, '../../../fixtures/sentry')

export const RECEIVED_AT = new Date('2026-11-23T09:40:00.000Z')

export interface Sample {
  name: string
  payload: Record<string, unknown>
}

/** Every file of a folder of event payloads. */
export function jsonSamples(folder: 'grouping' | 'sdk-events' | 'sdk-events-expected'): Sample[] {
  const directory = path.join(ROOT, folder)
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, payload: JSON.parse(readFileSync(path.join(directory, name), 'utf8')) }))
}

/** The `event` items of every captured envelope; the SDKs captured write one line per item. */
export function capturedEvents(sdk: 'node' | 'browser' | 'browser-debugid'): Sample[] {
  const directory = path.join(ROOT, 'captured', sdk)
  return readdirSync(directory)
    .filter((name) => name.endsWith('.envelope'))
    .sort()
    .flatMap((name) => {
      const lines = readFileSync(path.join(directory, name), 'utf8').split('\n')
      return lines.flatMap((line, i) =>
        /^\{"type":"event"[,}]/.test(line)
          ? [{ name: `${sdk}/${name}`, payload: JSON.parse(lines[i + 1]!) }]
          : [],
      )
    })
}

export function allSamples(): Sample[] {
  return [
    ...jsonSamples('grouping'),
    ...jsonSamples('sdk-events'),
    ...capturedEvents('node'),
    ...capturedEvents('browser'),
    ...capturedEvents('browser-debugid'),
  ]
}

export function sampleOf(
  folder: 'grouping' | 'sdk-events' | 'sdk-events-expected',
  name: string,
): Record<string, unknown> {
  const sample = jsonSamples(folder).find((candidate) => candidate.name === `${name}.json`)
  if (!sample) throw new Error(`no sample ${name}`)
  return sample.payload
}

/** Normalised a moment after it was sent; a copy, because normalisation takes the payload over. */
export function normal(payload: unknown, context: Partial<IngestContext> = {}): NormalEvent {
  return normaliseSentry(structuredClone(payload), { receivedAt: RECEIVED_AT, ...context })
}

/** An event with one exception. */
export function thrown(
  type: string | undefined,
  value: string | undefined,
  frames?: unknown[],
  rest: object = {},
): NormalEvent {
  return normal({ platform: 'node', exception: [{ type, value, stacktrace: frames && { frames } }], ...rest })
}
