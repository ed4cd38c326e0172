// Every sample, the issue it lands in and why, as a text a person can review: tests/fixtures/sentry/issues.md. It changes when a
// sample is added or when what an SDK's event becomes changes; a change in the hash of one that stayed is a mistake.
import { describe, expect, it } from 'vitest'
import { group, type Grouping } from '#server/domain/grouping/v1.ts'
import { describe as describeEvent } from '#server/domain/ingest/title.ts'
import { groupingPart, groupingSentence } from '../../../../../utils/grouping-words.ts'
import { allSamples, normal } from '../samples.ts'

interface Landed {
  name: string
  title: string
  grouping: Grouping
}

const landed: Landed[] = allSamples().map(({ name, payload }) => {
  const event = normal(payload)
  return { name, title: describeEvent(event).title, grouping: group(event) }
})

const issues = new Map<string, Landed[]>()
for (const sample of landed) {
  const hash = sample.grouping.hash.toString('hex')
  issues.set(hash, [...(issues.get(hash) ?? []), sample])
}
const issueOf = (name: string): string | undefined =>
  landed.find((sample) => sample.name === `${name}.json`)?.grouping.hash.toString('hex')

const PARTS_SHOWN = 12
const oneLine = (text: string): string => JSON.stringify(text.slice(0, 160)).slice(1, -1)

function written([hash, samples]: [string, Landed[]]): string {
  const { title, grouping } = samples[0]!
  const { parts } = grouping.why
  return [
    `## ${oneLine(title)}`,
    `${hash}: ${samples.map(({ name }) => name).join(', ')}`,
    '',
    groupingSentence(grouping.why),
    '',
    ...parts.slice(0, PARTS_SHOWN).map(({ kind, value }) => `- ${groupingPart(kind)}: ${oneLine(value)}`),
    ...(parts.length > PARTS_SHOWN ? [`- and ${parts.length - PARTS_SHOWN} more`] : []),
  ].join('\n')
}

describe('the samples', () => {
  it('GROUP-05: land in these issues, for these reasons', async () => {
    const head = `# ${landed.length} samples, ${issues.size} issues`
    const text = `${[head, ...[...issues].map(written)].join('\n\n')}\n`
    await expect(text).toMatchFileSnapshot('../../../../fixtures/sentry/issues.md')
  })

  it('GROUP-01: one JavaScript error as four browsers report it is one issue', () => {
    const four = ['chrome', 'edge', 'firefox', 'safari'].map((b) => issueOf(`javascript-xbrowser-${b}`))
    expect(new Set(four).size).toBe(1)
    expect(issues.get(four[0]!)).toHaveLength(4)
  })

  it('GROUP-01: two crashes with one message are two issues', () => {
    expect(issueOf('group_432_event_432')).toBeDefined()
    expect(issueOf('group_432_event_432')).not.toBe(issueOf('group_432_event_453'))
  })
})
