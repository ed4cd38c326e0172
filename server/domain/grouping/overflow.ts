// Where events go whose group would be one too many: one marked issue per project, outside all versions of grouping.
import type { GroupingReason } from '#shared/schemas/issue.ts'

const why: GroupingReason = { strategy: 'overflow', version: 0, parts: [] }

export const OVERFLOW = {
  /** No version has the number 0, so no event can be given this hash otherwise. */
  grouping: { version: 0, hash: Buffer.from('mesher overflow!'), why },
  description: {
    title: 'Too many new issues',
    type: null,
    value:
      'The project made more new issues within an hour than its limit allows; these events came after that.',
    culprit: null,
  },
}
