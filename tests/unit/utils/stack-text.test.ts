import { describe, expect, it } from 'vitest'
import { frameFunction, frameLocation, stackText } from '../../../utils/stack-text.ts'

describe('DETAIL-01 stack as text', () => {
  it('has what was thrown first, newest call first', () => {
    const text = stackText([
      {
        type: 'Cause',
        value: 'why',
        stacktrace: { frames: [{ function: 'deep', filename: 'b.js', lineno: 1, inApp: true }] },
      },
      {
        type: 'Thrown',
        value: 'what',
        stacktrace: {
          frames: [
            { function: 'main', filename: 'a.js', lineno: 1, colno: 2, inApp: true },
            { filename: 'a.js', lineno: 9, inApp: true },
          ],
        },
      },
    ])
    expect(text).toBe(
      [
        'Thrown: what',
        '    at <anonymous> (a.js:9)',
        '    at main (a.js:1:2)',
        'Caused by: Cause: why',
        '    at deep (b.js:1)',
      ].join('\n'),
    )
  })

  it('can be pasted: nothing hidden, no line breaks in a place', () => {
    expect(frameLocation({ filename: 'a\n\u001B[0mb', inApp: true })).toBe('a ↵ ‹ESC›[0mb')
    expect(frameFunction({ function: 'Object.?', inApp: true })).toBe('Object.<anonymous>')
    expect(frameLocation({ inApp: false })).toBe('<unknown>')
    expect(stackText([{}])).toBe('Unknown error')
  })
})
