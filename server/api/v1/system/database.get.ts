// Size, biggest tables and dearest queries of the database, for the installation's owner.
import { readDatabaseState } from '#server/domain/system/database-state.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { systemDatabase } from '#shared/schemas/system-status.ts'

export default defineEndpoint({
  access: 'installation-owner',
  summary: 'The database',
  tags: ['System'],
  response: systemDatabase,
  handler: readDatabaseState,
})
