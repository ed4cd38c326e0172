// What the operator configured, parsed once. MESHER_PUBLIC_URL alone decides what links, DSNs and the origin check
// say; without it (loopback only) the address the server listens on stands in.
import { parseConfig, type Config } from '#shared/schemas/config.ts'

let current: Config | undefined

/** The launcher has refused a wrong configuration before any node starts; this says it again for those without one. */
export function useConfig(): Config {
  if (current) return current
  const parsed = parseConfig(process.env)
  if (!parsed.ok) throw new Error(`Wrong configuration: ${parsed.problems.join('; ')}`)
  return (current = parsed.config)
}

/** For tests, and for boot, which has parsed it already. */
export function setConfig(config: Config | undefined): void {
  current = config
}

export const publicUrl = (): URL => new URL(useConfig().publicUrl)
