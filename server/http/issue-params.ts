// The path parameters below an issue or an event. An issue is named by its id or its short code (`WEB-4F`).
import { z } from 'zod'
import { projectParams } from './params.ts'

export const issueParams = projectParams.extend({ issue: z.string().regex(/^[\w-]{1,80}$/) })

/** 32 hex digits, with or without the dashes of a UUID. */
export const eventIdParam = z
  .string()
  .transform((text) => text.replaceAll('-', '').toLowerCase())
  .pipe(z.string().regex(/^[0-9a-f]{32}$/))
