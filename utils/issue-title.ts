// The two halves of an issue's title: what kind of error, and what it said. Both for one line.
import type { Issue } from '#shared/schemas/issue'
import { visibleLine } from './visible-text.ts'

export function issueTitle(issue: Pick<Issue, 'type' | 'value' | 'title'>): {
  type: string
  message: string
} {
  const type = visibleLine(issue.type ?? '')
  const message = visibleLine(issue.value ?? '')
  if (type || message) return { type: type || message, message: type ? message : '' }
  return { type: visibleLine(issue.title) || 'Untitled', message: '' }
}
