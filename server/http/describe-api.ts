// The API's description as this build serves it, made once.
import { version } from '../../package.json'
import { publicUrl } from '#server/domain/settings.ts'
import { listDoors } from './list-doors.ts'
import { buildOpenApi } from './openapi.ts'

export type ApiDescription = ReturnType<typeof buildOpenApi>

let made: Promise<ApiDescription> | undefined

export const describeApi = (): Promise<ApiDescription> =>
  (made ??= listDoors().then((doors) =>
    buildOpenApi(doors, { version, serverUrl: publicUrl().href.replace(/\/+$/, '') }),
  ))
