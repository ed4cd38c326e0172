import { describe, expect, it } from 'vitest'
import { codeTokens } from '../../../utils/code-tokens.ts'

const kinds = (line: string, platform: string) =>
  codeTokens(line, platform)
    .filter(({ kind }) => kind !== 'plain')
    .map(({ kind, text }) => `${kind}:${text}`)

describe('codeTokens', () => {
  it('knows strings, numbers, words and comments', () => {
    expect(kinds("const a = 'x' + 12 // why", 'node')).toEqual([
      'keyword:const',
      "string:'x'",
      'number:12',
      'comment:// why',
    ])
    expect(kinds('def f(): # why', 'python')).toEqual(['keyword:def', 'comment:# why'])
    expect(kinds('this.#secret', 'javascript')).toEqual(['keyword:this'])
  })

  it.each([
    '',
    '<script>alert("x")</script>',
    "'open",
    '"\\',
    'x'.repeat(5_000),
    '"'.repeat(399),
    "\\'".repeat(190),
  ])('loses nothing of %j', (line) => {
    for (const platform of ['node', 'python']) {
      expect(
        codeTokens(line, platform)
          .map(({ text }) => text)
          .join(''),
      ).toBe(line)
    }
  })
})
