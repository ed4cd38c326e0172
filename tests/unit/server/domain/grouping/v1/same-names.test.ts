// Two patterns of version 1 took 10 s for one hostile event, and were rewritten to take time that grows with the length
// of a name. What they make of a name must not have changed: the patterns stand here, and random names are compared.
import { describe, expect, it } from 'vitest'
import { fileName } from '#server/domain/grouping/v1/file-name.ts'
import { functionName } from '#server/domain/grouping/v1/function-name.ts'
import { randomFrom, type Random } from '../../../../../support/random.ts'

const ROUNDS = 20_000

function withoutSerial(module: string): string {
  const generated = module.indexOf('$$')
  const named = generated > 0 ? module.slice(0, generated) : module
  return named
    .replace(/((?:Proxy|Accessor|Mock|ByteBuddy)(?:\$|_)?)[\dA-Za-z]*\d[\dA-Za-z]*$/, '$1')
    .replace(/\$\d+/g, '')
}

/** Only the step in question: names of these parts have no brackets, arguments or generic arity. */
function withoutIndexes(name: string): string {
  const last =
    name
      .replace(/\[[^\]]{0,200}\]/g, '')
      .trim()
      .split(' ')
      .at(-1) ?? ''
  return last
}

const nameOf = (random: Random, parts: readonly string[]): string =>
  Array.from({ length: random.below(14) }, () => random.oneOf(parts)).join('')

const JAVA = [
  'Proxy',
  'Accessor',
  'Mock',
  'ByteBuddy',
  '$',
  '_',
  '1',
  '9',
  'x',
  'Z',
  '.',
  '/',
  '-',
  'Pro',
  'é',
]
const DOTNET = ['[', ']', 'a', 'Pay', '_', '[]', '[,]', 'x'.repeat(199), 'y'.repeat(200)]

describe('GROUP-05: rewritten for hostile names, the same for all', () => {
  it('generated classes of Java', () => {
    const random = randomFrom(1)
    for (let i = 0; i < ROUNDS; i++) {
      const name = `c${nameOf(random, JAVA)}`
      expect(fileName({ inApp: true, module: name }, 'java'), name).toBe(withoutSerial(name))
    }
  })

  it('arrays in the names of .NET', () => {
    const random = randomFrom(2)
    for (let i = 0; i < ROUNDS; i++) {
      const name = `m${nameOf(random, DOTNET)}`
      expect(functionName(name, undefined, 'dotnet'), name).toBe(withoutIndexes(name))
    }
  })

  it('an event full of hostile names comes to an end', () => {
    for (let i = 0; i < 2_000; i++) {
      const serial = String(i).padStart(5, 'a')
      const java = `${serial}${'Proxy'.repeat(50)}${'1'.repeat(512)}`.slice(0, 511) + '-'
      expect(fileName({ inApp: true, module: java }, 'java')).toBe(java)
      const dotnet = `${serial}${'['.repeat(507)}`
      expect(functionName(dotnet, undefined, 'dotnet')).toBe(dotnet)
    }
  })
})
