import { describe, expect, it } from 'vitest'
import { frameFunction, frameLocation, framesText, frameText, stackText } from '../../../utils/stack-text.ts'

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

  it('has both ends of a very long stack', () => {
    const frames = Array.from({ length: 20 }, (_, n) => ({ function: `f${n}`, inApp: true }))
    const lines = framesText(frames, 8)
    expect(lines).toHaveLength(9)
    expect(lines[0]).toContain('f19')
    expect(lines[3]).toBe('    … 12 more frames')
    expect(lines.at(-1)).toContain('f0')
  })

  it('shows one frame with its source and a pointer under the column', () => {
    expect(
      frameText({
        function: 'placeOrder',
        filename: 'shop.js',
        lineno: 10,
        colno: 4,
        preContext: ['{', '\ttry {'],
        contextLine: '\t\tthrow new Error("no\u001B[0m")',
        postContext: ['}'],
        inApp: true,
      }),
    ).toBe(
      [
        'placeOrder (shop.js:10:4)',
        '   8 | {',
        '   9 |   try {',
        '> 10 |     throw new Error("no‹ESC›[0m")',
        '     |      ^',
        '  11 | }',
      ].join('\n'),
    )
  })

  it('points at nothing that is not in the line', () => {
    const frame = { filename: 'a.js', contextLine: '{snip} x', inApp: true }
    expect(frameText({ ...frame, colno: 3 })).toBe('<anonymous> (a.js)\n> | {snip} x')
    expect(frameText({ ...frame, contextLine: 'x', colno: 900 })).not.toContain('^')
    expect(frameText({ filename: 'a.js', inApp: true })).toBe('<anonymous> (a.js)')
  })
})
