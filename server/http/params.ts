// The path parameters that prove tenancy. A route below an organisation or a project extends one of these:
// `projectParams.extend({ issue: decimalId })`.
import { z } from 'zod'
import { decimalId } from '#shared/schemas/list.ts'
import { slug } from '#shared/schemas/org.ts'

export const orgParams = z.object({ org: slug })
export const projectParams = z.object({ project: decimalId })
