// The path parameters that prove tenancy. A route below an organisation or a project extends one of these:
// `projectParams.extend({ issue: decimalId })`.
import { z } from 'zod'
import { decimalId, nameInAddress } from '#shared/schemas/list.ts'
import { slug } from '#shared/schemas/org.ts'

export const orgParams = z.object({ org: slug })
/** A user id, as the list of members says it; what is none is nobody. */
export const memberParams = orgParams.extend({ member: nameInAddress(100) })
export const projectParams = z.object({ project: decimalId })
