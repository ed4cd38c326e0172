// Why these events are one issue, in a sentence a person understands.
import type { GroupingReason, issueGroup } from '#shared/schemas/issue'
import type { z } from 'zod'

export type IssueGroup = z.infer<typeof issueGroup>

const SENTENCES: Record<GroupingReason['strategy'], string> = {
  fingerprint: 'The program said so: all of them carry this fingerprint.',
  stack:
    'The same kind of error, with the same message apart from changing parts, out of the same functions.',
  exception:
    'No frames to compare, so by the same kind of error and the same message apart from changing parts.',
  message: 'No exception, so by the same message apart from changing parts.',
  constant: 'There is nothing in them to tell them apart.',
  overflow:
    'The project made more new issues within an hour than its limit allows; events of further ones are gathered here.',
}

export const groupingSentence = (reason: GroupingReason): string => SENTENCES[reason.strategy]

const KINDS: Record<string, string> = {
  type: 'Type',
  message: 'Message',
  value: 'Message',
  template: 'Template',
  frame: 'Frame',
  function: 'Function',
  fingerprint: 'Fingerprint',
  platform: 'Platform',
  // How many more parts were compared than are kept.
  more: '',
}

export const groupingPart = (kind: string): string => KINDS[kind] ?? kind
