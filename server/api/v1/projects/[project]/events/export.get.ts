import { setResponseHeaders } from 'h3'
import { exportEvents } from '#server/domain/events/export-events.ts'
import { inExportSlot } from '#server/domain/events/export-slots.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { streamText, textStream } from '#server/http/send-text.ts'
import { MAX_EXPORT_ROWS } from '#shared/constants/limits.ts'
import { exportEventsQuery } from '#shared/schemas/event-view.ts'

const TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' } as const

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: exportEventsQuery,
  response: textStream,
  contentType: TYPES.csv,
  summary: 'Events as a file',
  description:
    'The filter of the list of events, newest first, as CSV or as one JSON object a line (`application/x-ndjson`). ' +
    `At most ${MAX_EXPORT_ROWS.toLocaleString('en')} rows; a file that was cut says so in its last line. In CSV, cells ` +
    'that a spreadsheet would calculate begin with an apostrophe. One at a time for each account.',
  tags: ['Events'],
  handler: async ({ event, project, query, actor }) => {
    const pieces = inExportSlot(actor.userId, () => exportEvents(project, query))
    const stream = await streamText(event, pieces)
    // A slug is of letters, digits and dashes: safe as a file name.
    const name = `${project.slug}-events-${new Date().toISOString().slice(0, 10)}.${query.format}`
    setResponseHeaders(event, {
      'content-type': TYPES[query.format],
      'content-disposition': `attachment; filename="${name}"`,
      'x-mesher-export-limit': String(MAX_EXPORT_ROWS),
    })
    return stream
  },
})
