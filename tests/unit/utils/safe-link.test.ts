import { describe, expect, it } from 'vitest'
import { safeLink } from '../../../utils/safe-link.ts'

describe('safeLink', () => {
  it.each(['https://example.com/a?b=c#d', 'HTTP://example.com/'])('follows %s', (link) =>
    expect(safeLink(link)).toBe(new URL(link).href),
  )
  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>1</script>',
    'file:///etc/passwd',
    '//example.com',
    '/path',
    'https://user:secret@example.com/',
    'https://',
    '',
    null,
    undefined,
    `https://example.com/${'x'.repeat(3_000)}`,
  ])('does not follow %j', (link) => expect(safeLink(link)).toBeNull())
})
