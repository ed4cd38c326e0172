// FROZEN (see ../v1.ts). Platforms whose frames are written alike.

export type Family = 'javascript' | 'python' | 'java' | 'ruby' | 'php' | 'dotnet' | 'go' | 'native' | 'other'

const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ['javascript', 'javascript'],
  ['node', 'javascript'],
  ['bun', 'javascript'],
  ['deno', 'javascript'],
  ['python', 'python'],
  ['java', 'java'],
  ['kotlin', 'java'],
  ['android', 'java'],
  ['groovy', 'java'],
  ['scala', 'java'],
  ['ruby', 'ruby'],
  ['php', 'php'],
  ['csharp', 'dotnet'],
  ['dotnet', 'dotnet'],
  ['go', 'go'],
  ['native', 'native'],
  ['c', 'native'],
  ['cocoa', 'native'],
  ['objc', 'native'],
  ['swift', 'native'],
  ['rust', 'native'],
])

export const familyOf = (platform: string): Family => FAMILIES.get(platform) ?? 'other'
