import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../shared/schemas/event.ts'
import { frameRuns } from '../../../utils/frame-runs.ts'

const own = (name: string, lineno = 1): Frame => ({ function: name, filename: 'app.js', lineno, inApp: true })
const library = (name: string): Frame => ({ function: name, filename: 'lib.js', inApp: false })
const shape = (frames: Frame[], newestFirst = true) =>
  frameRuns(frames, newestFirst).map((run) =>
    run.kind === 'frame' ? run.at.frame.function : `${run.kind}:${run.frames.length}`,
  )

describe('DETAIL-01 frameRuns', () => {
  it('puts the newest call first and folds runs of library frames', () => {
    const frames = [library('a'), library('b'), library('c'), own('handler'), library('x'), own('boom')]
    expect(shape(frames)).toEqual(['boom', 'x', 'handler', 'library:3'])
    expect(shape(frames, false)).toEqual(['library:3', 'handler', 'x', 'boom'])
  })

  it('never folds where it broke, even in a library', () => {
    expect(shape([own('main'), library('a'), library('b'), library('throw')])).toEqual([
      'throw',
      'library:2',
      'main',
    ])
  })

  it('folds nothing when all frames are of libraries', () => {
    expect(shape([library('a'), library('b'), library('c')])).toEqual(['c', 'b', 'a'])
  })

  it('folds recursion, of one frame or of several', () => {
    expect(shape([own('main'), ...Array.from({ length: 200 }, () => own('f', 3))])).toEqual([
      'f',
      'repeat:199',
      'main',
    ])
    const pair = Array.from({ length: 50 }, () => [own('even', 1), own('odd', 2)]).flat()
    expect(shape(pair)).toEqual(['odd', 'even', 'repeat:98'])
  })

  it('does not call a few equal frames recursion', () => {
    expect(shape([own('f'), own('f'), own('f')])).toEqual(['f', 'f', 'f'])
  })

  it('loses no frame', () => {
    const frames = Array.from({ length: 250 }, (_, n) => (n % 5 ? library(`l${n}`) : own(`o${n}`)))
    const count = frameRuns(frames, true).reduce(
      (sum, run) => sum + (run.kind === 'frame' ? 1 : run.frames.length),
      0,
    )
    expect(count).toBe(250)
  })

  it('takes an empty stack', () => expect(shape([])).toEqual([]))
})
