// The framework's table of handlers: a virtual module of the build, without types of its own.
declare module '#nitro-internal-virtual/server-handlers' {
  export const handlers: {
    route: string
    method: string | undefined
    middleware: boolean
    lazy: boolean
    handler: unknown
  }[]
}
