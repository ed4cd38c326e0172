// A Dockerfile read into its stages, to run its steps without Docker: what each instruction says, in order.

export interface Instruction {
  name: string
  text: string
}

export interface Stage {
  base: string
  name: string | null
  instructions: Instruction[]
}

const KNOWN = new Set([
  ...['COPY', 'RUN', 'ENV', 'WORKDIR', 'USER', 'VOLUME', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK', 'CMD'],
])

/** @throws at an instruction that these tests would pass over */
export function readDockerfile(text: string): Stage[] {
  const stages: Stage[] = []
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n')
  for (const line of lines.filter((one) => one.trim() && !one.startsWith('#'))) {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    const from = name === 'FROM' ? /^(\S+)(?: AS (\S+))?$/i.exec(rest!) : null
    if (from) stages.push({ base: from[1]!, name: from[2] ?? null, instructions: [] })
    else if (name && KNOWN.has(name)) stages.at(-1)!.instructions.push({ name, text: rest! })
    else throw new Error(`What is this? ${line}`)
  }
  return stages
}

export const all = ({ instructions }: Stage, name: string): string[] =>
  instructions.filter((instruction) => instruction.name === name).map(({ text }) => text)

export const environmentOf = (stage: Stage): Record<string, string> =>
  Object.fromEntries(all(stage, 'ENV').map((text) => text.split('=', 2) as [string, string]))
