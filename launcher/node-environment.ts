// What a node gets from its launcher beside the operator's own variables. One place, used by tests and bench as well.
import type { Config } from '#shared/schemas/config.ts'

export function nodeEnvironment(
  { host, port }: Pick<Config, 'host' | 'port'>,
  { url, secret }: { url: string; secret: string | undefined },
): Record<string, string> {
  return {
    NODE_ENV: 'production',
    HOST: host,
    PORT: String(port),
    NITRO_HOST: host,
    NITRO_PORT: String(port),
    // We close sockets ourselves, politely; the framework would destroy them first.
    NITRO_SHUTDOWN_DISABLED: '1',
    DATABASE_URL: url,
    // Not known yet while the database is away: the node finds it there.
    ...(secret === undefined ? {} : { MESHER_SECRET: secret }),
  }
}
