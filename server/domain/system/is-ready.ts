import { canAnswer } from '#server/storage/system/can-answer.ts'
import { useDatabase } from '#server/storage/database.ts'

/** Whether PostgreSQL answers a question within a second. */
export const isReady = (): Promise<boolean> => canAnswer(useDatabase().read, 1_000)
