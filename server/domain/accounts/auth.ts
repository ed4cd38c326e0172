// better-auth's core: password hashes, session cookies, sessions in the database. Nothing of it is mounted: our own
// doors (server/api/auth) call the four things we need, so its other addresses do not exist. Organisations, roles and
// sign-up policy are ours (design §6). Loaded at first use: 240 ms and 56 MB.
import { openAuthStore } from '#server/storage/accounts/auth-store.ts'
import { findInstallation } from '#server/storage/accounts/find-installation.ts'
import { useDatabase } from '#server/storage/database.ts'
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '#shared/schemas/account.ts'
import { publicUrl, useConfig } from '../settings.ts'

/** Carries the address we believe in; better-auth would otherwise read X-Forwarded-For, which anybody can write. */
export const CLIENT_ADDRESS_HEADER = 'x-mesher-client-address'

export const SESSION_DAYS = 7

type Auth = Awaited<ReturnType<typeof createAuth>>
let auth: Promise<Auth> | undefined

export function useAuth(): Promise<Auth> {
  auth ??= createAuth().catch((error: unknown) => {
    auth = undefined // PostgreSQL may be back at the next request
    throw error
  })
  return auth
}

async function createAuth() {
  const { betterAuth } = await import('better-auth/minimal')
  const database = useDatabase()
  const secret = useConfig().secret ?? (await findInstallation(database.read))?.secret
  if (!secret) throw new Error('The installation has no secret yet: the launcher makes it.')
  const url = publicUrl()
  const isHttps = url.protocol === 'https:'
  return betterAuth({
    appName: 'Mesher',
    baseURL: url.origin,
    basePath: '/api/auth',
    secret,
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: await openAuthStore(database),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true, // sign-up.ts makes accounts, in one transaction with who owns the installation
      minPasswordLength: MIN_PASSWORD_LENGTH,
      maxPasswordLength: MAX_PASSWORD_LENGTH,
    },
    session: {
      expiresIn: SESSION_DAYS * 86_400,
      updateAge: 86_400,
      cookieCache: { enabled: false }, // a cached session would outlive its revocation
    },
    rateLimit: { enabled: false }, // throttle.ts counts atomically, and by account as well as by address
    advanced: {
      // `__Host-`: browsers take it from this very host over https only, so that no neighbouring subdomain can plant a
      // session. The library would write `__Secure-` before it, which promises less.
      cookiePrefix: isHttps ? '__Host-mesher' : 'mesher',
      useSecureCookies: false,
      defaultCookieAttributes: { sameSite: 'lax', httpOnly: true, path: '/', secure: isHttps },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
      database: { generateId: () => crypto.randomUUID() },
    },
  })
}
