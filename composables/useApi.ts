// The one way a page asks the management API. Takes a path under /api/v1 (or an absolute one such as
// /api/auth/sign-out), forwards the reader's cookies while rendering on the server, and turns every refusal into an
// error that carries the API's own words: `problemOf(error)` reads them, `fieldErrorsOf(error)` feeds a form.
// A session that ended in the meantime leads to the sign-in page and back.
import type { FormError } from '@nuxt/ui'
import type { NuxtError } from '#app'
import type { FieldProblem } from '#shared/schemas/problem'

export interface ApiProblem {
  status: number
  code: string
  message: string
  details?: unknown
}

export interface ApiOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  query?: Record<string, string | number | boolean | undefined | null>
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** The refusal as the API worded it, whatever wrapper it arrived in; never empty. */
export const problemOf = (error: unknown): ApiProblem => {
  const outer = error as { statusCode?: number; status?: number; data?: unknown; message?: string } | null
  const data = outer?.data as
    { error?: Partial<ApiProblem>; code?: string; message?: string; details?: unknown } | undefined
  const said = data?.error ?? data
  const status = outer?.statusCode ?? outer?.status ?? 0
  return {
    status,
    code: said?.code ?? (status ? `http_${status}` : 'unreachable'),
    message:
      said?.message ?? (status ? `The server answered ${status}.` : 'The server could not be reached.'),
    details: said?.details,
  }
}

const isFieldProblem = (detail: unknown): detail is FieldProblem =>
  typeof (detail as FieldProblem | null)?.path === 'string' &&
  typeof (detail as FieldProblem).message === 'string'

/** Problems of single fields, named as the form's inputs are; empty when the refusal is about something else. */
export const fieldErrorsOf = (error: unknown): FormError[] => {
  const { details } = problemOf(error)
  const list = Array.isArray(details) ? details : (details as { problems?: unknown } | null)?.problems
  return Array.isArray(list)
    ? list.filter(isFieldProblem).map(({ path, message }) => ({ name: path.replace(/^body\./, ''), message }))
    : []
}

/** The same shape as the answer's body, so that whoever shows an error reads one shape: `error.data.error.message`. */
export const toApiError = (error: unknown): NuxtError<{ error: ApiProblem }> => {
  const problem = problemOf(error)
  return createError<{ error: ApiProblem }>({
    statusCode: problem.status || 503,
    message: problem.message,
    data: { error: problem },
    cause: error,
  })
}

export type Api = <T>(path: string, options?: ApiOptions) => Promise<T>

export const useApi = (): Api => {
  const request = useRequestFetch()
  const nuxtApp = useNuxtApp()
  return async <T>(path: string, options: ApiOptions = {}): Promise<T> => {
    const url = path.startsWith('/api/') ? path : `/api/v1${path}`
    try {
      // `$fetch` types answers by Nitro's route table; ours are typed by the schemas, at the call.
      return (await request(url, { retry: 0, ...options } as Parameters<typeof request>[1])) as T
    } catch (error) {
      const failure = toApiError(error)
      if (import.meta.client && failure.statusCode === 401 && !url.startsWith('/api/auth/')) {
        await nuxtApp.runWithContext(() => {
          const { fullPath, meta } = useRoute()
          if (!meta.public && !meta.open) return navigateTo({ path: '/sign-in', query: { next: fullPath } })
        })
      }
      throw failure
    }
  }
}
