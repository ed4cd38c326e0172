// better-auth's view of the account tables: through Prisma, whose model and field names are better-auth's own.
// Transactions are off because none of the calls we let it make writes more than one row that matters together.
import { prismaAdapter } from 'better-auth/adapters/prisma'
import type { Database } from '../database.ts'

export const openAuthStore = async (database: Database) =>
  prismaAdapter(await database.prisma(), { provider: 'postgresql', transaction: false })
