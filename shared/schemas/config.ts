// What an operator can set, and how a mistake in it reads: one clear line per wrong value. In: the environment as the
// process got it. Out: a typed configuration, or all problems at once. Pure; launcher, nodes and command line share it.
// An empty value means unset, as in `MESHER_SECRET= npm start` and in compose files.
import { z } from 'zod'

const DEFAULT_PORT = 3000
const DEFAULT_HOST = '127.0.0.1'
const ON = ['1', 'true', 'yes', 'on']
const OFF = ['0', 'false', 'no', 'off']

const whole = (least: number, most: number) => {
  const says = `must be a whole number from ${least} to ${most}`
  return z.string().regex(/^\d+$/, says).transform(Number).pipe(z.number().min(least, says).max(most, says))
}

const flag = z
  .string()
  .toLowerCase()
  .refine((text) => ON.includes(text) || OFF.includes(text), 'must be 1 or 0 (true or false, on or off)')
  .transform((text) => ON.includes(text))

const host = z
  .string()
  .regex(/^[\w.:-]+$/, 'must be a host name or an IP address without port, such as 127.0.0.1 or 0.0.0.0')

/** Where people and SDKs reach this installation; kept without a trailing slash. */
const publicUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null
  const plain = url && !url.search && !url.hash && !url.username && !url.password
  if (plain && (url.protocol === 'http:' || url.protocol === 'https:')) return url.href.replace(/\/+$/, '')
  context.addIssue({
    code: 'custom',
    message: 'must be a URL such as https://errors.example.org, nothing behind it',
  })
  return z.NEVER
})

const environment = z
  .object({
    PORT: whole(1, 65_535).default(DEFAULT_PORT),
    HOST: host.default(DEFAULT_HOST),
    DATABASE_URL: z
      .string()
      .regex(
        /^postgres(ql)?:\/\//,
        'must be a PostgreSQL address such as postgresql://user:password@host:5432/mesher',
      )
      .optional(),
    MESHER_DATA_DIR: z.string().default('./.data'),
    MESHER_PUBLIC_URL: publicUrl.optional(),
    MESHER_SECRET: z
      .string()
      .min(32, 'must have at least 32 characters (or leave it out: one is made and kept in the database)')
      .optional(),
    MESHER_OPEN_SIGNUP: flag.default(false),
    MESHER_TRUST_PROXY: flag.default(false),
    MESHER_PROCESSES: whole(1, 64).default(1),
    MESHER_THREADS: whole(0, 16).optional(),
    MESHER_SPOOL: flag.default(true),
    MESHER_SPOOL_MAX_MIB: whole(1, 1_048_576).default(1_024),
    MESHER_BODY_TIMEOUT: whole(1, 3_600).default(60),
    MESHER_DRAIN_SECONDS: whole(0, 300).default(0),
    MESHER_METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
    MESHER_WEBHOOK_PRIVATE: flag.default(false),
    MESHER_FAULTS: flag.default(false),
    MESH_HOST: host.optional(),
    MESH_PORT: whole(0, 65_535).default(0),
    MESH_SECRET: z.string().min(32, 'must have at least 32 characters, the same on all nodes').optional(),
  })
  .check((context) => {
    const { MESH_HOST, MESH_SECRET } = context.value
    if (MESH_HOST === undefined || isLoopback(MESH_HOST) || MESH_SECRET !== undefined) return
    context.issues.push({
      code: 'custom',
      input: MESH_SECRET,
      path: ['MESH_SECRET'],
      message: `is needed when MESH_HOST is ${MESH_HOST}: what proves that a node is yours, at least 32 characters, the same on all nodes`,
    })
  })
  .check((context) => {
    const { HOST, MESHER_PUBLIC_URL } = context.value
    if (isLoopback(HOST) || MESHER_PUBLIC_URL) return
    context.issues.push({
      code: 'custom',
      input: HOST,
      path: ['MESHER_PUBLIC_URL'],
      message: `is needed when HOST is ${HOST}: the address under which others reach this server, such as https://errors.example.org`,
    })
  })

export interface Config {
  port: number
  host: string
  /** Absent: the launcher runs the embedded PostgreSQL. */
  databaseUrl: string | undefined
  dataDir: string
  /** The only source of links, DSNs and the origin check. No trailing slash. */
  publicUrl: string
  /** Whether an operator set it; otherwise it is the address the server listens on. */
  publicUrlIsSet: boolean
  /** Absent: made once and kept in the database. */
  secret: string | undefined
  openSignup: boolean
  trustProxy: boolean
  processes: number
  /** That prepare events, of each process; absent: what the machine's cores allow. */
  threads: number | undefined
  /** Whether events are kept on this machine's disk while PostgreSQL is away. */
  spool: boolean
  /** Of one node process. */
  spoolMaxBytes: number
  /** How long a request may take to arrive whole. */
  bodyTimeoutMs: number
  /** How long a node that is asked to stop still serves while it says that it is not ready. */
  drainMs: number
  metricsToken: string | undefined
  /** Webhooks may go to this machine and to private networks. */
  webhookPrivate: boolean
  /** How other nodes on the same database reach this one. */
  mesh: {
    /** Absent: the first address of this machine when there is a secret, the loopback otherwise. */
    host: string | undefined
    /** 0: any that is free. */
    port: number
    /** Absent: nodes of this machine only, who prove themselves with the installation's secret. */
    secret: string | undefined
  }
  /** Opens the operator door that lets supervised processes crash. For tests. */
  faults: boolean
}

export type ParsedConfig = { ok: true; config: Config } | { ok: false; problems: string[] }

export function parseConfig(env: Record<string, string | undefined>): ParsedConfig {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`),
    }
  }
  const values = parsed.data
  return {
    ok: true,
    config: {
      port: values.PORT,
      host: values.HOST,
      databaseUrl: values.DATABASE_URL,
      dataDir: values.MESHER_DATA_DIR,
      publicUrl: values.MESHER_PUBLIC_URL ?? `http://${bracketed(values.HOST)}:${values.PORT}`,
      publicUrlIsSet: values.MESHER_PUBLIC_URL !== undefined,
      secret: values.MESHER_SECRET,
      openSignup: values.MESHER_OPEN_SIGNUP,
      trustProxy: values.MESHER_TRUST_PROXY,
      processes: values.MESHER_PROCESSES,
      threads: values.MESHER_THREADS,
      spool: values.MESHER_SPOOL,
      spoolMaxBytes: values.MESHER_SPOOL_MAX_MIB * 1_024 * 1_024,
      bodyTimeoutMs: values.MESHER_BODY_TIMEOUT * 1_000,
      drainMs: values.MESHER_DRAIN_SECONDS * 1_000,
      metricsToken: values.MESHER_METRICS_TOKEN,
      webhookPrivate: values.MESHER_WEBHOOK_PRIVATE,
      mesh: { host: values.MESH_HOST, port: values.MESH_PORT, secret: values.MESH_SECRET },
      faults: values.MESHER_FAULTS,
    },
  }
}

/** Reachable from this machine only. */
export const isLoopback = (name: string): boolean =>
  name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)

const bracketed = (name: string) => (name.includes(':') ? `[${name}]` : name)

/** All that is read from the environment, by name. */
export const CONFIG_VARIABLES: readonly string[] = Object.keys(environment.shape)
