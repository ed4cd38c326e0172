// Texts of several processes in Prometheus' format as one: the format wants all samples of a metric together, under one
// description. Each process's samples carry its own `node` label, so none of them is added to another's: a sum would
// fall whenever one process starts anew, and be read as a reset of them all.

export function mergeExpositions(texts: readonly string[]): string {
  const metrics = new Map<string, { head: string[]; samples: string[] }>()
  for (const text of texts) {
    let current: { head: string[]; samples: string[] } | undefined
    let mayDescribe = false
    for (const line of text.split('\n')) {
      const described = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1]
      if (described !== undefined) {
        const known = metrics.get(described)
        if (!known) {
          current = { head: [line], samples: [] }
          metrics.set(described, current)
          mayDescribe = true
        } else if (known === current && mayDescribe) known.head.push(line)
        else {
          current = known
          mayDescribe = false
        }
      } else if (line !== '' && !line.startsWith('#')) current?.samples.push(line)
    }
  }
  return (
    [...metrics.values()].map(({ head, samples }) => [...head, ...samples].join('\n')).join('\n\n') + '\n'
  )
}
