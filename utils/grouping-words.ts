// Why these events are one issue, in a sentence a person understands.
import type { GroupingReason, issueGroup } from '#shared/schemas/issue'
import type { z } from 'zod'

export type IssueGroup = z.infer<typeof issueGroup>

const SENTENCES: Record<GroupingReason['strategy'], string> = {
  fingerprint: 'The program said so: they carry this fingerprint, and nothing else was compared.',
  stack:
    'The same kind of error, with the same message apart from changing parts, out of the same functions.',
  exception:
    'No frames to compare, so by the same kind of error and the same message apart from changing parts.',
  message: 'No exception, so by the same message apart from changing parts.',
  constant: 'There is nothing in them to tell them apart.',
  overflow:
    'The project made more new issues within an hour than its limit allows; events of further ones are gathered here.',
}

/** The fingerprint held `{{ default }}`. */
const MIXED = 'The program said so: they carry this fingerprint, and are the same in the rest as well.'

export function groupingSentence({ strategy, parts, joined }: GroupingReason): string {
  const isMixed = strategy === 'fingerprint' && parts.some(({ kind }) => kind !== 'fingerprint')
  const sentence = isMixed ? MIXED : SENTENCES[strategy]
  return joined === undefined ? sentence : `${sentence} ${joinedSentence(joined)}`
}

const joinedSentence = (version: number): string =>
  `Version ${version} of grouping had them in this issue, where they stay.`

/** undefined for an issue that nobody put together: one group, or one as two versions of grouping see it. */
export function mergedSentence(groups: readonly IssueGroup[]): string | undefined {
  const merged = groups.filter(({ why }) => why.joined === undefined).length
  return merged > 1 ? `Merged from ${merged} groups.` : undefined
}

const KINDS: Record<string, string> = {
  type: 'Type',
  message: 'Message',
  value: 'Message',
  frame: 'Frame',
  fingerprint: 'Fingerprint',
  // How many more parts were compared than are kept.
  more: '',
}

export const groupingPart = (kind: string): string => KINDS[kind] ?? kind
